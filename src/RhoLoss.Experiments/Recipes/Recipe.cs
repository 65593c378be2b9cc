using RhoLoss.Experiments.Registry;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// One run, fully described: what is trained on what, how, and what is reported. The keys of the TOML file are the
/// property names in kebab-case; their defaults, rules and meanings stand in <see cref="RecipeKeys"/>.
/// </summary>
public sealed record Recipe(
    string Name,
    DataSection Data,
    NoiseSection Noise,
    ModelSection Model,
    IrreducibleLossSection IrreducibleLoss,
    TrainingSection Training,
    OptimizerSection Optimizer,
    ScoringSection Scoring,
    CheckpointSection Checkpoints,
    ReportSection Report,
    HeadlineSection Headline,
    MachineSection Machine)
{
    /// <summary>How a command is given this recipe; a change made in code is not in it.</summary>
    public RecipeArguments Arguments { get; init; } = RecipeArguments.None;

    /// <summary>The arms of whatever command runs it: those that compare trains and the one that train does, without a seed.</summary>
    public IEnumerable<RecipeArm> Arms => RecipeArm.Parse(Training.Methods.Append(Training.Method));

    /// <summary>What the test set is judged by: best checkpoints, targets, tables and plots all read this one.</summary>
    public Metric Metric => Report.Metric == RecipeKeys.Automatic ? ModelTable.Get(Model.Name).Metric : Metric.Named(Report.Metric);

    /// <summary>The value of <see cref="Metric"/> that is to be reached; null: the baseline's best.</summary>
    public double? Target => (Metric.Name == Metric.Accuracy ? Report.TargetAccuracy : Report.TargetMetric) is > 0 and var target
        ? target : null;

    /// <summary>Checks what only a comparison asks for: baseline and arm of the claim among the methods.</summary>
    /// <exception cref="InvalidInputException">The recipe cannot be compared; the message names the key and the fix.</exception>
    public void ValidateForComparison()
    {
        if (!Training.Methods.Contains(Report.Baseline, StringComparer.Ordinal))
        {
            throw new InvalidInputException(
                $"Recipe {Name}: report.baseline must be one of training.methods ({string.Join(", ", Training.Methods)}), "
                + $"but is {Report.Baseline}. Add it to training.methods or set report.baseline.");
        }
        foreach ((string key, string arm) in new[] { ("headline.arm", Headline.Arm), ("headline.baseline", Headline.Baseline) })
        {
            if (Headline.Arm.Length > 0 && !Training.Methods.Contains(arm, StringComparer.Ordinal))
            {
                throw new InvalidInputException(
                    $"Recipe {Name}: {key} must be one of training.methods ({string.Join(", ", Training.Methods)}), "
                    + $"but is {arm}. Add it to training.methods or set {key}.");
            }
        }
        if (Headline.Arm == Headline.Baseline)
        {
            throw new InvalidInputException(
                $"Recipe {Name}: headline.arm must be another than headline.baseline, but both are {Headline.Arm}. Set one of them.");
        }
        foreach (string method in Training.Methods) { ValidateMethod(method); }
    }

    /// <summary>Checks what an arm asks of the rest of the recipe, before anything is trained.</summary>
    /// <exception cref="InvalidInputException">It asks for what is not there; the message names the key and the fix.</exception>
    public void ValidateMethod(string method)
    {
        RecipeArm arm = RecipeArm.Parse(method);
        ScorerKind scorer = arm.ScorerIn(Scoring);
        if (arm.Method.Uses == ReferenceUse.Learning && scorer.ReplaysPlan)
        {
            throw new InvalidInputException(
                $"Recipe {Name}: {method} cannot replay a plan, because it goes on training the irreducible-loss model on what it selects. "
                + $"Name the arm {arm.Method.Name}+target.");
        }
        if (arm.Method.Uses == ReferenceUse.Learning && !IrreducibleLoss.Reference.Trains)
        {
            throw new InvalidInputException(
                $"Recipe {Name}: irreducible-loss.weights must be empty for {method}, which goes on training a model that was trained on "
                + $"the holdout, but is {IrreducibleLoss.Weights}. Remove it, or leave {method} out.");
        }
        if (arm.Method.Uses == ReferenceUse.Probabilities && IrreducibleLoss.Temperature != 1)
        {
            throw new InvalidInputException(
                $"Recipe {Name}: irreducible-loss.temperature must be 1 for {method}, which takes irreducible losses for probabilities, "
                + FormattableString.Invariant($"but is {IrreducibleLoss.Temperature}. ")
                + $"Set irreducible-loss.temperature = 1.0, or leave {method} out.");
        }
        if (arm.Method.KeptShare is { } kept) { RequireStages(arm, kept, scorer); }
        if (!arm.Method.NeedsDropout) { return; }
        if (Model.Dropout == 0 && ModelTable.Get(Model.Name).HasDropout)
        {
            throw new InvalidInputException(
                $"Recipe {Name}: model.dropout must be above 0 for {method}, which runs Monte-Carlo dropout passes, but is 0.0. "
                + "Set model.dropout = 0.5 for an MLP or 0.05 for the small CNN, as in the paper, or 0.1 for a language model, as GPT-2 "
                + "has.");
        }
        if (!scorer.RunsDropout)
        {
            throw new InvalidInputException(
                $"Recipe {Name}: the scorer of {method} must be "
                + $"{string.Join(" or ", ScorerTable.All.Where(s => s.RunsDropout).Select(s => s.Name))}, "
                + $"whose dropout it uses, but is {scorer.Name}. "
                + $"Set scoring.scorer = \"target\", or name the arm {arm.Method.Name}+target.");
        }
    }

    /// <summary>Refuses a first stage that would leave fewer than are trained on, and a second that scores nothing.</summary>
    private void RequireStages(RecipeArm arm, ArmParameter<double> kept, ScorerKind scorer)
    {
        double share = arm.Share ?? (double)Training.BatchSize / Training.LargeBatchSize, keep = Scoring.Of(kept);
        if (keep < share - 1e-9)
        {
            throw new InvalidInputException(
                $"Recipe {Name}: {arm.Method.Section}.{kept.Name} must be at least the share of the candidates that {arm.Name} trains on, "
                + FormattableString.Invariant($"{share:0.####}, but is {keep}. Set it between {share:0.####} and 1."));
        }
        if (scorer.ReplaysPlan)
        {
            throw new InvalidInputException(
                $"Recipe {Name}: {arm.Name} cannot replay a plan, because its first stage drops candidates while it trains. "
                + $"Name the arm {arm.Method.Name}+target.");
        }
    }
}
