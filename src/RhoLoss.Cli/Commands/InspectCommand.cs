using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho inspect</c>.</summary>
internal static class InspectCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        common.Out.Description = "New or empty folder for inspect.csv, which holds everything found, and for pictures of images";
        var of = new Argument<string>("run-or-recipe")
        {
            Description = "A run folder, a shipped recipe by name (quickstart) or the path of a TOML file",
        };
        var top = new Option<int>("--top")
        {
            Description = "Most examples of a kind that are shown",
            HelpName = "count",
            DefaultValueFactory = _ => InspectionOptions.UsualTop,
        };
        var labels = new Option<string?>("--write-labels")
        {
            Description = "A new file for the proposed labels, as data.labels reads it",
            HelpName = "file",
        };
        Command command = new Command(
            "inspect",
            "Says which labels of the training set are likely wrong, with the label that a model would give which has not seen them, and "
            + "which examples are duplicates. Five models of the recipe's section irreducible-loss are trained for it.")
            .WithExamples(
                "rho inspect quickstart", "rho inspect photos --set data.directory=holiday --out inspected",
                "rho inspect texts --set data.training-file=reviews.csv --write-labels corrected.csv",
                "rho inspect runs/mine --top 50 --json");
        command.Arguments.Add(of);
        Option[] options =
            [common.Set, common.Device, common.Threads, common.SkipBad, top, labels, common.Out, common.Json, common.Quiet];
        foreach (Option option in options) { command.Options.Add(option); }
        command.SetAction(parsed =>
        {
            (Recipe recipe, RunFolder? run) = Load(parsed.GetRequiredValue(of), common.Overrides(parsed), error);
            var asked = new InspectionOptions(parsed.GetValue(top), parsed.GetValue(labels), parsed.GetValue(common.Out));
            InspectionReport report = Interruptible.Run(error, stop => Progress.Show(
                error, parsed.GetValue(common.Quiet), arms: 0, tell => DataInspection.Run(recipe, asked, tell, run, stop)));
            if (parsed.GetValue(common.Json))
            {
                output.WriteJson(JsonSerializer.Serialize(report.ToDocument(asked.Top), JsonDialect.Document));
            }
            else { InspectionText.Write(output, report, asked.Top); }
            return RhoCommand.Done;
        });
        return command;
    }

    /// <summary>The recipe of a run as it was started, or one by name or path; what the user should know of it is told.</summary>
    private static (Recipe Recipe, RunFolder? Run) Load(string runOrRecipe, IReadOnlyList<string> overrides, TextWriter error)
    {
        bool isRun = !RecipeLoader.ShippedNames.Contains(runOrRecipe, StringComparer.Ordinal)
            && Directory.Exists(runOrRecipe) && File.Exists(Path.Combine(runOrRecipe, "config.toml"));
        if (!isRun)
        {
            ResolvedRecipe resolved = RecipeLoader.Load(runOrRecipe, overrides);
            NoteLines.Write(error, RecipeNotes.Of(resolved));
            return (resolved.Recipe, null);
        }
        if (overrides.Count > 0)
        {
            throw new InvalidInputException(
                $"{runOrRecipe} is a run, and inspected with the data that it was started with, so nothing that changes them goes with it. "
                + $"Leave it out, or give the recipe, {Path.Combine(runOrRecipe, "config.toml")}, in place of the run.");
        }
        var run = RunFolder.Open(runOrRecipe);
        return (RecipeLoader.Load(run.ConfigPath, []).Recipe, run);
    }
}
