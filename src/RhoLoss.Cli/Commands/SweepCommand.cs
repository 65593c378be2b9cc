using System.CommandLine;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Workflows;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho sweep</c>.</summary>
internal static class SweepCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        common.Out.Description = "Folder for this sweep; default runs/sweep-RECIPE, continued when it is there";
        var over = new Option<string[]>("--over")
        {
            Description = "Keys and their values; every combination is compared",
            HelpName = "key=a,b,c",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        Command command = new Command(
            "sweep",
            "Compares methods at every point of a grid over any keys, with one file of irreducible losses wherever they are the same. "
            + "The same command again continues.")
            .WithExamples("rho sweep quickstart --over optimizer.learning-rate=0.0001,0.001,0.01 training.large-batch-size=160,320");
        common.AddRecipeTo(command);
        command.Options.Add(over);
        command.Options.Add(common.Out);
        command.Options.Add(common.Json);
        command.Options.Add(common.Quiet);
        command.SetAction(parsed =>
        {
            IReadOnlyList<string> overrides = common.Overrides(parsed);
            SweptKey[] keys = [.. parsed.GetRequiredValue(over).Select(SweptKey.Parse)];
            SweptKey.RequireNotSet(keys, overrides);
            string recipe = parsed.GetRequiredValue(common.Recipe);
            string folder = parsed.GetValue(common.Out) ?? Path.Combine(RunStart.DefaultRoot, $"sweep-{common.Load(parsed).Recipe.Name}");
            var sweep = Sweep.Prepare(settings => RecipeLoader.Load(recipe, [.. overrides, .. settings]), keys, folder);
            NoteLines.Write(error, sweep.Notes);
            SweepSummary summary = Interruptible.RunRepeatable(error, stop =>
                Progress.Show(error, parsed.GetValue(common.Quiet), sweep.Arms, report => sweep.Run(RunStart.CommandLine, report, stop)));
            if (parsed.GetValue(common.Json)) { output.WriteJson(summary.ToJson()); }
            else { SweepTable.Write(output, summary, sweep.Recipes, folder); }
            return RhoCommand.Done;
        });
        return command;
    }
}
