using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho config show|keys</c>.</summary>
internal static class ConfigCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var common = new CommonOptions();
        Command show = new Command("show", "Prints a recipe with every default filled in and the origin of every value.")
            .WithExamples("rho config show quickstart --set training.epochs=5");
        common.AddRecipeTo(show);
        show.Options.Add(common.Json);
        show.SetAction(parsed =>
        {
            ResolvedRecipe resolved = common.Load(parsed);
            NoteLines.Write(error, RecipeNotes.Of(resolved));
            if (parsed.GetValue(common.Json)) { output.WriteJson(JsonSerializer.Serialize(resolved.Values, JsonDialect.Document)); }
            else { output.Write(resolved.ToToml()); }
            return RhoCommand.Done;
        });
        Command keys = new Command("keys", "Prints every key a recipe can have, with default, rule and meaning, as a Markdown table.")
            .WithExamples("rho config keys");
        keys.SetAction(_ =>
        {
            output.Write(RecipeKeys.ToMarkdown());
            return RhoCommand.Done;
        });
        Command command = new Command("config", "Looks at recipes.").WithExamples("rho config show quickstart");
        command.Subcommands.Add(show);
        command.Subcommands.Add(keys);
        return command;
    }
}
