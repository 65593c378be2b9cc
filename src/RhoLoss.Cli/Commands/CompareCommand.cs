using System.CommandLine;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho compare</c>.</summary>
internal static class CompareCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        var resume = new Option<string?>("--resume")
        {
            Description = "Continue an interrupted comparison in this run folder instead of starting RECIPE",
            HelpName = "folder",
        };
        Command command = new Command("compare", "Trains several methods on the same data, noise and irreducible losses and compares them.")
            .WithExamples("rho compare quickstart --seeds 0..4 --out runs/five-seeds");
        common.AddRecipeTo(command);
        common.Recipe.Arity = ArgumentArity.ZeroOrOne;
        command.Options.Add(common.Out);
        command.Options.Add(resume);
        command.Options.Add(common.Json);
        command.Options.Add(common.Quiet);
        command.SetAction(parsed =>
        {
            bool json = parsed.GetValue(common.Json);
            string? folderToResume = parsed.GetValue(resume);
            using RunStart start = RunStart.Open(parsed, common, folderToResume, Validate);
            long arms = (long)start.Recipe.Training.Methods.Count * start.Recipe.Training.Seeds.Count;
            ComparisonSummary summary = start.Run(machine => Interruptible.Run(error, start.Folder, "compare", stop =>
                Progress.Show(error, parsed.GetValue(common.Quiet), arms,
                    report => Comparison.Run(start.Recipe, start.Folder, machine, report, stop))));
            if (json) { output.WriteJson(summary.ToJson()); }
            else { ComparisonTable.Write(output, summary, start.Recipe, start.Folder); }
            return RhoCommand.Done;
        });
        return command;
    }

    private static void Validate(Recipe recipe)
    {
        recipe.ValidateForComparison();
        RecipeNetworks.RequireSides(recipe, recipe.Training.Methods);
    }
}
