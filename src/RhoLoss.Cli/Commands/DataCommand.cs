using System.CommandLine;
using System.Text.Json;
using RhoLoss.Cli.Output;
using RhoLoss.Datasets;
using static System.FormattableString;

namespace RhoLoss.Cli.Commands;

/// <summary><c>rho data list|get|check|show</c>.</summary>
internal static class DataCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        Command command = new Command("data", "Data sets: known, fetched, verified.").WithExamples("rho data list");
        command.Subcommands.Add(List(output));
        command.Subcommands.Add(Get(output, error));
        command.Subcommands.Add(DataCheckCommand.Create(output));
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
            (DatasetDescription Set, string? Place)[] rows =
                [.. KnownDatasets.All.Select(d => (Set: d, Place: KnownDatasets.PlaceOf(d.Name)))];
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
                output.WriteJson(JsonSerializer.Serialize(sets, JsonDialect.Document));
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
                DatasetCheck check = KnownDatasets.Source(parsed.GetRequiredValue(name)).Import(path);
                WriteCheck(output, check, parsed.GetValue(json));
                return RhoCommand.Done;
            }
            FetchedDataset fetched = Interruptible.Run(error, stop =>
                KnownDatasets.Source(parsed.GetRequiredValue(name)).FetchAsync(new Lines(error), stop).GetAwaiter().GetResult());
            if (parsed.GetValue(json)) { output.WriteJson(JsonSerializer.Serialize(fetched, JsonDialect.Document)); }
            else
            {
                output.WriteLine($"{fetched.Name}: {fetched.Source}{(fetched.Folder is null ? "" : $", files in {fetched.Folder}")}");
            }
            return RhoCommand.Done;
        });
        return get;
    }

    /// <summary>Writes what a check found: lines for a reader, or one JSON document.</summary>
    internal static void WriteCheck(TextWriter output, DatasetCheck check, bool json)
    {
        if (json) { output.WriteJson(JsonSerializer.Serialize(check, JsonDialect.Document)); }
        else { CheckText.Write(output, check); }
    }

    private static Argument<string> Name() => new("name") { Description = "Data set, see `rho data list`" };

    internal static Option<bool> Json() => new("--json")
    {
        Description = "Print one JSON document on standard output and nothing else there",
    };

    /// <summary>Reports at once and in order; <see cref="Progress{T}"/> would use the thread pool.</summary>
    private sealed class Lines(TextWriter writer) : IProgress<string>
    {
        public void Report(string value) => writer.WriteLine(value);
    }
}
