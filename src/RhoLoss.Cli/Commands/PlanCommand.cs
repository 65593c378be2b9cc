using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Selection;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho plan</c>.</summary>
internal static class PlanCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        var method = new Option<string?>("--method", "-m")
        {
            Description =
                "What is planned; default: the recipe's training.method. A share (rho-loss@0.25) is kept, "
                + "a scorer is not needed: the recipe's proxy chooses",
            HelpName = "name",
        };
        var force = new Option<bool>("--force") { Description = "Plan again and replace the file, even if it is there" };
        Command command = new Command(
            "plan",
            "Chooses the batches of a run ahead of training with the recipe's small proxy, and writes them to a file that any target "
            + "replays without scoring. Plans the first seed, or every seed of --seeds.")
            .WithExamples("rho plan quickstart --seeds 0..2", "rho train quickstart --method rho-loss+plan");
        common.AddRecipeTo(command);
        command.Options.Add(method);
        command.Options.Add(force);
        command.Options.Add(common.Json);
        command.Options.Add(common.Quiet);
        command.SetAction(parsed =>
        {
            ResolvedRecipe resolved = RecipeLoader.Load(
                parsed.GetRequiredValue(common.Recipe),
                [.. common.Overrides(parsed), .. parsed.GetValue(method) is { } m ? (string[])[$"training.method={m}"] : []]);
            Recipe recipe = resolved.Recipe;
            long[] seeds = parsed.GetValue(common.Seeds) is null ? [recipe.Training.Seeds[0]] : [.. recipe.Training.Seeds];
            RequirePlannable(recipe, seeds);
            SelectionPlanFile.RequirePlan(recipe);
            NoteLines.Write(error, RecipeNotes.OnData(resolved));
            RunSession.Configure(recipe);
            PlannedSeed[] plans = Interruptible.Run(error, stop => Progress.Show(
                error, parsed.GetValue(common.Quiet), arms: 0,
                report => Make(recipe, seeds, parsed.GetValue(force), report, stop)));
            if (parsed.GetValue(common.Json))
            {
                output.WriteJson(JsonSerializer.Serialize(new { recipe.Training.Method, plans }, JsonDialect.Document));
            }
            else
            {
                foreach (PlannedSeed p in plans)
                {
                    output.WriteLine(
                        FormattableString.Invariant($"{p.Path}: seed {p.Seed}, {Counted.Of(p.Steps, "step")} chosen by ")
                        + FormattableString.Invariant($"{p.Source}, {p.Seconds:0.0} s{(p.Reused ? "; reused" : "")}"));
                }
            }
            return RhoCommand.Done;
        });
        return command;
    }

    private static void RequirePlannable(Recipe recipe, long[] seeds)
    {
        SelectionMethod method = RecipeArm.Parse(recipe.Training.Method).Method;
        if (!method.CanBePlanned)
        {
            throw new InvalidInputException(
                $"{method.Name} cannot be planned: its choice needs the target while that trains, or is made once. "
                + $"Plan another method: --method {MethodTable.RhoLoss}.");
        }
        if (seeds.Length > 1 && recipe.Scoring.PlanFile.Length > 0)
        {
            throw new InvalidInputException(
                "scoring.plan-file must be empty where several seeds are planned, because each has its own plan, "
                + $"but is '{recipe.Scoring.PlanFile}'. Unset it, or plan one seed.");
        }
    }

    private static PlannedSeed[] Make(Recipe recipe, long[] seeds, bool force, Action<RunEvent> report, CancellationToken stop)
    {
        bool needsLosses = RecipeArm.Parse(recipe.Training.Method).Method.NeedsIrreducibleLosses;
        if (needsLosses) { IrreducibleLossFile.RequireSource(recipe); }   // before minutes of loading
        using ExperimentData data = ExperimentData.Load(recipe);
        report(RunSession.Describe(data));
        RecipeNetworks.RequireInputs(recipe, [recipe.Training.Method], data.Training);
        using IrreducibleLosses? losses = needsLosses
            ? IrreducibleLossFile.GetOrTrain(recipe, data, force: false, report, stop).Losses
            : null;
        return [.. seeds.Select(seed =>
        {
            (string path, PlanFacts facts) = SelectionPlanFile.GetOrMake(
                recipe, RecipeArm.Parse(recipe.Training.Method, seed), data, losses, force, report, stop);
            return new PlannedSeed(seed, path, facts.Source, facts.Steps, facts.Seconds, facts.Reused);
        })];
    }

    /// <summary>A plan as it is printed.</summary>
    private sealed record PlannedSeed(long Seed, string Path, string Source, int Steps, double Seconds, bool Reused);
}
