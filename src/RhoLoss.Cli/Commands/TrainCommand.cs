using System.CommandLine;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho train</c>.</summary>
internal static class TrainCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        var method = new Option<string?>("--method", "-m")
        {
            Description = "Selection method; default: the recipe's training.method",
            HelpName = "name",
        };
        var resume = new Option<string?>("--resume")
        {
            Description = "Continue the run in this folder from its newest whole checkpoint instead of starting RECIPE",
            HelpName = "folder",
        };
        Command command = new Command("train", "Trains one model with one method; the first of the seeds is used.")
            .WithExamples("rho train quickstart --method rho-loss --seeds 3 --out runs/mine", "rho train --resume runs/mine");
        common.AddRecipeTo(command);
        common.Recipe.Arity = ArgumentArity.ZeroOrOne;
        command.Options.Add(method);
        command.Options.Add(common.Out);
        command.Options.Add(resume);
        command.Options.Add(common.Json);
        command.Options.Add(common.Quiet);
        command.SetAction(parsed =>
        {
            string? folderToResume = parsed.GetValue(resume);
            string[] more = parsed.GetValue(method) is { } m ? [$"training.method={m}"] : [];
            using RunStart start = RunStart.Open(parsed, common, folderToResume, Validate, more);
            ComparisonSummary summary = start.Run(machine => Interruptible.Run(error, start.Folder, "train", stop =>
                Progress.Show(error, parsed.GetValue(common.Quiet), arms: 1, report =>
                    SingleRun.Run(start.Recipe, start.Folder, machine, start.Resumed, report, stop))));
            if (parsed.GetValue(common.Json)) { output.WriteJson(summary.ToJson()); }
            else { ComparisonTable.Write(output, summary, start.Recipe, start.Folder); }
            return RhoCommand.Done;
        });
        return command;
    }

    private static void Validate(Recipe recipe)
    {
        recipe.ValidateMethod(recipe.Training.Method);
        RecipeNetworks.RequireSides(recipe, [recipe.Training.Method]);
    }
}
