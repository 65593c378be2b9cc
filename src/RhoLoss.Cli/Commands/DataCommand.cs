using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Datasets;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Text;
using static System.FormattableString;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho data list|get|check|show</c>.</summary>
internal static class DataCommand
{
    private static readonly string[] TextEndings = [".csv", ".tsv", ".txt", ".gz"];

    public static Command Create(TextWriter output, TextWriter error)
    {
        Command command = new Command("data", "Data sets: known, fetched, verified.").WithExamples("rho data list");
        command.Subcommands.Add(List(output));
        command.Subcommands.Add(Get(output, error));
        command.Subcommands.Add(Check(output));
        command.Subcommands.Add(DataShowCommand.Create(output));
        return command;
    }

    private static Command List(TextWriter output)
    {
        Option<bool> json = Json();
        Command list = new Command("list", "Lists the data sets known by name and whether they are on this machine.")
            .WithExamples("rho data list");
        list.Options.Add(json);
        list.SetAction(parsed =>
        {
            (DatasetDescription Set, string? Place)[] rows = KnownDatasets.All.Select(d => (Set: d, Place: PlaceOf(d.Name))).ToArray();
            if (parsed.GetValue(json))
            {
                var sets = rows.Select(r => new
                {
                    r.Set.Name,
                    r.Set.Title,
                    r.Set.Classes,
                    r.Set.TrainingExamples,
                    r.Set.TestExamples,
                    r.Set.Licence,
                    present = r.Place is not null,
                    place = r.Place,
                });
                output.WriteDocument(JsonSerializer.Serialize(sets, CliJson.Options));
                return RhoCommand.Done;
            }
            foreach ((DatasetDescription set, string? place) in rows)
            {
                string size = set.Classes == 0
                    ? ""
                    : Invariant($"{set.Classes} classes, {set.TrainingExamples} + {set.TestExamples} examples; ");
                output.WriteLine(Invariant($"{set.Name,-21} {set.Title}; {size}{set.Licence}"));
                output.WriteLine($"{"",-21} {(place is null ? $"not here. {set.HowToObtain}" : $"here: {place}")}");
            }
            return RhoCommand.Done;
        });
        return list;
    }

    private static Command Get(TextWriter output, TextWriter error)
    {
        Argument<string> name = Name();
        Option<bool> json = Json();
        var from = new Option<string?>("--from")
        {
            Description = "Import from this archive (.tar, .tar.gz, .tar.xz, .zip) or folder instead of fetching",
            HelpName = "path",
        };
        Command get = new Command(
            "get",
            "Puts a data set into the user's cache: from the cache, the system, a Debian package or the web, in that order.")
            .WithExamples("rho data get fashion-mnist", "rho data get cifar-10 --from cifar-10-binary.tar.gz");
        get.Arguments.Add(name);
        get.Options.Add(from);
        get.Options.Add(json);
        get.SetAction(parsed =>
        {
            if (parsed.GetValue(from) is { } path)
            {
                DatasetCheck check = DatasetCache.ForUser().Import(parsed.GetRequiredValue(name), path);
                WriteCheck(output, check, parsed.GetValue(json));
                return RhoCommand.Done;
            }
            FetchedDataset fetched = Interruptible.Run(error, stop =>
                new DatasetFetcher().GetAsync(parsed.GetRequiredValue(name), new Lines(error), stop).GetAwaiter().GetResult());
            if (parsed.GetValue(json)) { output.WriteDocument(JsonSerializer.Serialize(fetched, CliJson.Options)); }
            else
            {
                output.WriteLine($"{fetched.Name}: {fetched.Source}{(fetched.Folder is null ? "" : $", files in {fetched.Folder}")}");
            }
            return RhoCommand.Done;
        });
        return get;
    }

    private static Command Check(TextWriter output)
    {
        var name = new Argument<string>("name")
        {
            Description = "Data set, see `rho data list`, or a folder of images or of texts, or a file of texts",
        };
        Option<bool> json = Json();
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
            string set = parsed.GetRequiredValue(name);
            string? folder = parsed.GetValue(directory);
            if (folder is null) { RequirePlace(set); }
            bool images = parsed.GetValue(skipBad) && Directory.Exists(set);   // as a folder of images with a table beside them
            OwnTextFiles? texts = images ? null : TextsAt(set, folder);
            if (texts is not null && parsed.GetValue(skipBad))
            {
                throw new InvalidInputException($"--skip-bad leaves out image files, but {set} is read as texts. Remove --skip-bad.");
            }
            // A folder stands for the set that any folder of images is; the name of a set comes first.
            bool isFolder = texts is null && folder is null && !KnownDatasets.TryFind(set, out _) && Directory.Exists(set);
            if (isFolder) { (set, folder) = ("image-folder", set); }
            DatasetCheck result = texts is null
                ? new DatasetFetcher().Check(set, folder, parsed.GetValue(skipBad))
                : DatasetFetcher.CheckTexts(
                    texts with { TextColumn = parsed.GetRequiredValue(textColumn), LabelColumn = parsed.GetRequiredValue(labelColumn) });
            WriteCheck(output, result, parsed.GetValue(json));
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

    /// <summary>A user's own texts: by the name of that set, by a folder with a training file, or by the file; null for all else.</summary>
    private static OwnTextFiles? TextsAt(string name, string? directory)
    {
        if (name == OwnText.Name) { return new OwnTextFiles(directory); }
        if (directory is not null || KnownDatasets.TryFind(name, out _)) { return null; }
        if (File.Exists(name)) { return new OwnTextFiles(Path.GetDirectoryName(name), Path.GetFileName(name)); }
        return Directory.Exists(name) && OwnText.TrainingFileIn(name) is not null ? new OwnTextFiles(name) : null;
    }

    private static void WriteCheck(TextWriter output, DatasetCheck check, bool json)
    {
        if (json)
        {
            output.WriteDocument(JsonSerializer.Serialize(check, CliJson.Options));
            return;
        }
        output.WriteLine($"{check.Name}: {check.Source}");
        output.WriteLine(
            Invariant($"  training {Counts(check.TrainingByClass)}; holdout {Counts(check.HoldoutByClass)}; ")
            + Invariant($"test {Counts(check.TestByClass)}"));
        foreach (FileChecksum file in check.Files)
        {
            output.WriteLine(
                $"  {file.Sha256}  "
                + $"{file.Path}{file.Official switch { true => "  (official)", false => "  (NOT the official content)", null => "" }}");
        }
        foreach (string leftOut in check.LeftOut) { output.WriteLine($"  left out: {leftOut}"); }
        foreach (string notice in check.Notices) { output.WriteLine($"  note: {notice}"); }
        foreach (string problem in check.Problems) { output.WriteLine($"  problem: {problem}"); }
        output.WriteLine(check switch
        {
            { Passed: false } => $"  {Counted.Of(check.ProblemCount, "problem")}",
            { Notices.Count: > 0 } => "  no problem, but see the notes",
            { LeftOut.Count: > 0 } => "  everything else as expected",
            _ => "  everything as expected",
        });
    }

    private static string Counts<T>(IReadOnlyList<T> byClass) where T : System.Numerics.INumber<T>
    {
        T total = byClass.Aggregate(T.Zero, (a, b) => a + b), lowest = byClass.Min()!, highest = byClass.Max()!;
        return Invariant($"{total} ({(lowest == highest ? Invariant($"{lowest}") : Invariant($"{lowest} to {highest}"))} a class)");
    }

    private static string? PlaceOf(string name) => KnownDatasets.PlaceOf(name);

    private static Argument<string> Name() => new("name") { Description = "Data set, see `rho data list`" };

    private static Option<string> Column(string name, string description, string usual) =>
        new(name) { Description = description, HelpName = "header", DefaultValueFactory = _ => usual };

    private static Option<bool> Json() => new("--json")
    {
        Description = "Print one JSON document on standard output and nothing else there",
    };

    /// <summary>Reports at once and in order; <see cref="Progress{T}"/> would use the thread pool.</summary>
    private sealed class Lines(TextWriter writer) : IProgress<string>
    {
        public void Report(string value) => writer.WriteLine(value);
    }
}
