using System.CommandLine;
using RhoLoss.Datasets;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho data check</c>.</summary>
internal static class DataCheckCommand
{
    private static readonly string[] TextEndings = [".csv", ".tsv", ".txt", ".gz"];

    public static Command Create(TextWriter output)
    {
        var name = new Argument<string>("name")
        {
            Description = "Data set, see `rho data list`, or a folder of images or of texts, or a file of texts",
        };
        Option<bool> json = DataCommand.Json();
        var directory = new Option<string?>("--directory")
        {
            Description = "Folder of the set's files; default: the usual places",
            HelpName = "folder",
        };
        var skipBad = new Option<bool>("--skip-bad")
        {
            Description = "Images that cannot be read are left out, as --skip-bad of a run leaves them out: named, but no failure",
        };
        Command check = new Command(
            "check",
            "Reads a data set and compares counts, classes and, where known, checksums with the official one; "
            + "decodes every image of a folder of images and counts what is left out of it. "
            + "Exit code 2 where a run would refuse the set, 1 where it only differs from the official one.")
            .WithExamples(
                "rho data check fashion-mnist", "rho data check photos", "rho data check photos --skip-bad", "rho data check reviews",
                "rho data check reviews/all.tsv --text-column body --label-column stars");
        Option<string> textColumn = Column("--text-column", "Header of the texts", "text");
        Option<string> labelColumn = Column("--label-column", "Header of the labels", "label");
        check.Arguments.Add(name);
        check.Options.Add(directory);
        check.Options.Add(textColumn);
        check.Options.Add(labelColumn);
        check.Options.Add(skipBad);
        check.Options.Add(json);
        check.SetAction(parsed =>
        {
            string given = parsed.GetRequiredValue(name);
            bool skips = parsed.GetValue(skipBad);
            if (parsed.GetValue(directory) is null) { RequirePlace(given); }
            (DatasetSource source, DatasetOptions options) = SourceOf(given, parsed.GetValue(directory), skips);
            if (skips && source.Description.IsText && source.Description.IsOwn)
            {
                throw new InvalidInputException($"--skip-bad leaves out image files, but {given} is read as texts. Remove --skip-bad.");
            }
            DatasetCheck result = source.Check(options with
            {
                SkipBad = skips,
                OwnTexts = options.OwnTexts with
                {
                    TextColumn = parsed.GetRequiredValue(textColumn),
                    LabelColumn = parsed.GetRequiredValue(labelColumn),
                },
            });
            DataCommand.WriteCheck(output, result, parsed.GetValue(json));
            return result.Passed ? RhoCommand.Done : result.Refused ? RhoCommand.BadInput : RhoCommand.Failed;
        });
        return check;
    }

    /// <summary>What can only be meant as a path has to lead somewhere, and to data.</summary>
    private static void RequirePlace(string name)
    {
        const string recipeEnding = ".toml";
        bool recipe = name.EndsWith(recipeEnding, StringComparison.OrdinalIgnoreCase);
        if (recipe && File.Exists(name))
        {
            throw new InvalidInputException($"{name} is a recipe, but `rho data check` looks at data. "
                + "Give the folder or file that its data.directory or data.training-file names.");
        }
        bool path = recipe || name.AsSpan().IndexOfAny('/', '\\') >= 0
            || TextEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
        if (path && !Path.Exists(name))
        {
            throw new InvalidInputException($"{Path.GetFullPath(name)}: there is no such file or folder. "
                + "Give a folder of images, a folder or file of texts, or the name of a data set, see `rho data list`.");
        }
    }

    /// <summary>
    /// The set of this name, or the one that reads a file or folder of the user's. A folder whose bad images are to be left out is read as
    /// one of images, with a table beside them.
    /// </summary>
    private static (DatasetSource Source, DatasetOptions Options) SourceOf(string given, string? directory, bool skipBad)
    {
        if (directory is null && !KnownDatasets.TryFind(given, out _))
        {
            foreach (DatasetSource source in KnownDatasets.Sources.OrderByDescending(set => skipBad && set.Description.ReadFromFolder))
            {
                if (source.OptionsFor(given) is { } options) { return (source, options); }
            }
        }
        return (KnownDatasets.Source(given), new DatasetOptions(directory));
    }

    private static Option<string> Column(string name, string description, string usual) =>
        new(name) { Description = description, HelpName = "header", DefaultValueFactory = _ => usual };
}
