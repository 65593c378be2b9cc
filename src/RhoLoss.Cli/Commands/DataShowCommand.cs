using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho data show</c>.</summary>
internal static class DataShowCommand
{
    private const string DefaultRecipe = "quickstart";

    public static Command Create(TextWriter output)
    {
        var common = new CommonOptions();
        common.Out.Description = "Folder for a picture of each example, PART-ID.png, as the model reads it; default: none is written";
        var ids = new Argument<string[]>("id")
        {
            Description = "Ids of examples, as messages and run folders have them",
            Arity = ArgumentArity.OneOrMore,
        };
        var recipe = new Option<string?>("--recipe")
        {
            Description = $"The recipe whose data are meant, by name or path; default: {DefaultRecipe}",
            HelpName = "recipe",
        };
        var run = new Option<string?>("--run") { Description = "The run folder whose data are meant", HelpName = "folder" };
        Command command = new Command("show", "Says where examples are (file, line, offset) and with which label a run reads them, "
            + "after data.labels and noise; writes pictures of images.")
            .WithExamples("rho data show 17 203 --recipe quickstart --out pictures", "rho data show 17 --run runs/photos",
                "rho data show 17 --recipe texts --set data.training-file=reviews.csv");
        command.Arguments.Add(ids);
        Option[] options = [recipe, run, common.Set, common.SkipBad, common.Out, common.Json];
        foreach (Option option in options) { command.Options.Add(option); }
        command.SetAction(parsed =>
        {
            long[] wanted = [.. parsed.GetRequiredValue(ids).Select(ParseId)];
            using var viewer = ExampleViewer.Open(Load(parsed.GetValue(recipe), parsed.GetValue(run), common.Overrides(parsed)));
            IReadOnlyList<ShownExample> examples = viewer.Show(wanted, parsed.GetValue(common.Out));
            NoteLines.Write(parsed.InvocationConfiguration.Error, viewer.Notes);
            if (parsed.GetValue(common.Json))
            {
                output.WriteJson(JsonSerializer.Serialize(new { dataset = viewer.Name, viewer.Source, examples }, JsonDialect.Document));
            }
            else { ExampleTable.Write(output, viewer, examples); }
            return RhoCommand.Done;
        });
        return command;
    }

    private static Recipe Load(string? recipe, string? run, IReadOnlyList<string> overrides)
    {
        if (run is null) { return RecipeLoader.Load(recipe ?? DefaultRecipe, overrides).Recipe; }
        if (recipe is not null || overrides.Count > 0)
        {
            throw new InvalidInputException("--run shows the data that a run was started with, "
                + "so it takes neither --recipe nor anything that changes the recipe. Give --run FOLDER alone.");
        }
        return RecipeLoader.Load(RunFolder.Open(run).ConfigPath, []).Recipe;
    }

    private static long ParseId(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id
        : throw new InvalidInputException(text.StartsWith('-') && !text.Skip(1).All(char.IsDigit)
            ? $"`rho data show` has no option {text}. See `rho data show --help`."
            : $"An id must be a whole number from 0, but is '{text}'. Give ids separated by blanks: rho data show 17 203.");
}
