using System.CommandLine;

namespace RhoLoss.Cli.Commands;

/// <summary>Advice in the words of the command that runs: messages of the libraries know no options.</summary>
internal static class CommandAdvice
{
    /// <summary>How the command is given a folder of data.</summary>
    public static string ForFolder(ParseResult parsed) =>
        RunOf(parsed) is { } run ? $"The folder of this run is data.directory in {Path.Combine(run, "config.toml")}."
        : Has(parsed, "--directory") ? "A folder is given with --directory FOLDER."
        : Has(parsed, "--from") ? "A folder is given with --from FOLDER."
        : "A folder is given with --set data.directory=FOLDER, or as data.directory in the recipe.";

    /// <summary>What makes the command need less memory.</summary>
    public static string ForMemory(ParseResult parsed)
    {
        const string batches = "--large-batch";
        return Has(parsed, batches)
            ? $"Make smaller what is large: the network (--model) or the batches (--batch, {batches})."
            : "Make smaller what is large: network (model.hidden), images (data.image-size), copies (data.duplicate) or batches "
                + "(training.large-batch-size).";
    }

    /// <summary>The folder of the run that the command reads or continues; null where it starts one.</summary>
    private static string? RunOf(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        Option<string?>? option = command.Options.OfType<Option<string?>>().FirstOrDefault(o => o.Name is "--resume" or "--run");
        Argument<string>? argument = command.Arguments.OfType<Argument<string>>().FirstOrDefault(a => a.Name == "run");
        return option is not null ? parsed.GetValue(option) : argument is not null ? parsed.GetValue(argument) : null;
    }

    private static bool Has(ParseResult parsed, string option) => parsed.CommandResult.Command.Options.Any(o => o.Name == option);
}
