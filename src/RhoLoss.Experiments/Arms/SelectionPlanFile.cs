using System.Globalization;
using RhoLoss.Accelerators;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Arms;

/// <summary>
/// The plan of an arm: found and checked, or made by training the recipe's proxy in the arm's order of examples. Its name is made from
/// everything in the recipe that decides the selections; the target and its training are not among them, so a sweep shares one plan.
/// </summary>
public static class SelectionPlanFile
{
    /// <summary>Default folder, below the working directory.</summary>
    public const string DefaultFolder = "runs/plans";

    /// <summary>How the format of a file that <see cref="SelectionPlan.Save"/> wrote begins.</summary>
    private const string Format = "rholoss-selection-plan/";

    /// <summary>Where the plan of an arm is: <c>scoring.plan-file</c>, or a name of its own in <see cref="DefaultFolder"/>.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="arm">The arm.</param>
    /// <param name="data">The recipe's data.</param>
    /// <param name="irreducibleLosses">Those that the arm chooses by; null for none.</param>
    public static string PathFor(Recipe recipe, RecipeArm arm, ExperimentData data, IrreducibleLosses? irreducibleLosses)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(arm);
        ArgumentNullException.ThrowIfNull(data);
        if (recipe.Scoring.PlanFile.Length > 0) { return recipe.Scoring.PlanFile; }
        // rho-loss+plan, and rho-loss under scoring.scorer = "plan", are one plan: the scorer's name chooses nothing. Nor does a share of
        // the budget: such an arm replays the beginning.
        string share = arm.Share is { } some ? string.Create(CultureInfo.InvariantCulture, $"@{some}") : "";
        RecipeArm planned = arm with { Name = arm.Method.Name + share };
        string losses = LossesOf(arm, irreducibleLosses) ?? "no losses";
        string key = DecidingKeys.Hash(recipe, Decides.Plan, planned.Label.Title, data.Training.Fingerprint.Value, losses);
        return Path.Combine(DefaultFolder, $"{recipe.Data.Set}-{planned.Label.Title}-{key}.safetensors");
    }

    /// <summary>Refuses a given file that is no plan: it could be neither read nor written over.</summary>
    /// <exception cref="InvalidInputException">It is another file.</exception>
    public static void RequirePlan(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (recipe.Scoring.PlanFile is not { Length: > 0 } path) { return; }
        WrittenOver.Require(
            path, "a selection plan", file => WrittenOver.BeginsWith(file, "format", Format),
            "Name another scoring.plan-file, or move it away.");
    }

    /// <summary>Hash of the losses that an arm chooses by; null where its method needs none.</summary>
    private static string? LossesOf(RecipeArm arm, IrreducibleLosses? losses) =>
        arm.Method.NeedsIrreducibleLosses ? losses?.ContentHash() : null;

    /// <summary>Finds the plan, or makes it.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="arm">The arm; the scorer of its name is <c>plan</c> or left out.</param>
    /// <param name="data">The recipe's data.</param>
    /// <param name="irreducibleLosses">For methods that need them.</param>
    /// <param name="force">Make it again even if it is there.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellation">Stops between steps; nothing is written.</param>
    /// <returns>Path of the plan, and what it is.</returns>
    /// <exception cref="InvalidInputException">The recipe has a budget of seconds, or the file belongs to something else.</exception>
    public static (string Path, PlanFacts Facts) GetOrMake(
        Recipe recipe, RecipeArm arm, ExperimentData data, IrreducibleLosses? irreducibleLosses, bool force, Action<RunEvent> report,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(report);
        RequirePlan(recipe);
        string path = PathFor(recipe, arm, data, irreducibleLosses);
        var selection = new ArmSelection(recipe, arm, irreducibleLosses);
        bool reused = !force && File.Exists(path);
        if (!reused) { AtomicFile.RequireWritable(path); }
        // Two processes that want the same plan: the second waits, and then finds it.
        using FileLock? held = reused ? null
            : FileLock.Take(
                FileLock.Beside(path), () => report(new RunEvent.Stage($"another process is making {path}: waiting for it")),
                cancellation);
        reused = !force && File.Exists(path);
        using SelectionPlan plan = reused ? Load(path, selection, data) : Make(recipe, selection, data, cancellation);
        if (!reused) { plan.Save(path); }
        report(new PreparationEvent.PlanReady(path, reused, plan.Source, plan.Steps, plan.Seconds));
        return (path, new PlanFacts(plan.Source, plan.Steps, plan.Seconds, reused));
    }

    private static SelectionPlan Load(string path, ArmSelection selection, ExperimentData data)
    {
        try
        {
            SelectionPlan plan = SelectionPlan.Load(path, selection.PlanKeyFor(data));
            if (plan.Source == SourceOf(selection)) { return plan; }
            string source = plan.Source;
            plan.Dispose();
            throw new InvalidInputException($"{path} is a plan of {source}, but one of {SourceOf(selection)} is needed.");
        }
        catch (InvalidInputException e)
        {
            (string method, string seed) = (selection.Arm.Name, selection.Arm.Seed.ToString(CultureInfo.InvariantCulture));
            string advice = selection.Recipe.Arguments.Command("plan", "--method", method, "--seeds", seed, "--force") is { } command
                ? $"Make it anew with `{command}`."
                : $"Delete {path} to have it made anew.";
            throw new InvalidInputException($"{e.Message} {advice}", e);
        }
    }

    private static string SourceOf(ArmSelection selection) => $"{selection.Arm.Method.Name} by {selection.ProxyArchitecture.Title}";

    private static SelectionPlan Make(Recipe recipe, ArmSelection selection, ExperimentData data, CancellationToken cancellation)
    {
        if (recipe.Training is { Length: Length.OfSeconds, Steps: 0 })
        {
            throw new InvalidInputException(
                FormattableString.Invariant(
                    $"A plan needs to know its number of steps, but training.seconds = {recipe.Training.Seconds} does not say it. ")
                + "Set training.steps as well: at least as many as the target takes in that time.");
        }
        using IDisposable scope = NewDisposeScope();
        TimeProvider clock = DeviceClock.For(data.Training.Ids.device);
        long started = clock.GetTimestamp();
        PlanKey key = selection.PlanKeyFor(data);
        SelectionMethod method = selection.Arm.Method;
        using nn.Module<Tensor, Tensor> proxy = selection.ProxyArchitecture.Create(data.Training, ArmSeeds.Model(selection.Arm.Seed));
        var options = new TrainerOptions
        {
            Objective = data.Objective,
            BatchSize = key.BatchSize,
            LargeBatchSize = key.LargeBatchSize,
            Optimizer = new Optimization.AdamWOptions { LearningRate = recipe.Scoring.ProxyLearningRate },
            Selection = new BatchSelectorOptions { Drawing = method.Drawing(recipe.Scoring), Objective = data.Objective },
            Seed = key.OrderSeed,
        };
        using var trainer = new Trainer(
            proxy, data.Training, method.Score(recipe.Scoring), selection.IrreducibleLosses, options,
            data.Augmentation?.Invoke(key.AugmentationSeed!.Value));
        long steps = recipe.Training.Steps > 0 ? recipe.Training.Steps : (long)recipe.Training.Epochs * trainer.StepsPerEpoch;
        var chosen = new List<Tensor>();
        trainer.OnStep = step => chosen.Add(step.Selected.Indices.clone().DetachFromDisposeScope());
        try
        {
            for (long step = 0; step < steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                trainer.Step();
            }
            return SelectionPlan.Of(
                chosen, key, SourceOf(selection), clock.GetElapsedTime(started).TotalSeconds);
        }
        finally
        {
            foreach (Tensor ids in chosen) { ids.Dispose(); }
        }
    }
}

/// <summary>What is known of a plan.</summary>
/// <param name="Source">Who chose: <c>rho-loss by mlp-128</c>.</param>
/// <param name="Steps">Number of steps.</param>
/// <param name="Seconds">Wall-clock seconds it took.</param>
/// <param name="Reused">Whether it was made earlier.</param>
public sealed record PlanFacts(string Source, int Steps, double Seconds, bool Reused);
