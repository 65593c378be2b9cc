using System.CommandLine;
using RhoLoss.Reliability.Fuzz;
using RhoLoss.Reliability.Kills;

namespace RhoLoss.Reliability;

/// <summary>What can be asked of this program. docs/results/reliability.md has its results.</summary>
internal static class CommandLine
{
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Kills runs and feeds broken files to readers, and counts what did not go as it must.");
        root.Subcommands.Add(Kill(output));
        root.Subcommands.Add(FuzzAll(output));
        root.Subcommands.Add(FuzzPart(output));
        root.Subcommands.Add(Coverage(output));
        return root.Parse(args).Invoke(new InvocationConfiguration { Output = output, Error = error });
    }

    private static Command Kill(TextWriter output)
    {
        var count = new Option<int>("--count") { Description = "Kills, a third of them inside writes", DefaultValueFactory = _ => 200 };
        Option<int> seed = Seed();
        var command = new Command("kill",
            "Kills runs of train and compare with SIGKILL and compares the resumed ones with one left alone.") { count, seed };
        command.SetAction(parsed => KillCommand.Run(parsed.GetValue(count), parsed.GetValue(seed), output));
        return command;
    }

    private static Command FuzzAll(TextWriter output)
    {
        var perReader = new Option<long>("--per-reader") { Description = "Inputs for each reader", DefaultValueFactory = _ => 80_000 };
        var reader = new Option<string[]>("--reader")
        {
            Description = $"Only this one, of {string.Join(", ", AllReaders.Names)}",
            DefaultValueFactory = _ => [.. AllReaders.Names],
        };
        var at = new Option<long?>("--at") { Description = "Only the input of this number, in this process" };
        var keep = new Option<string?>("--keep") { Description = "With --at: where a copy of the input goes" };
        Option<int> seed = Seed();
        var command = new Command("fuzz", "Feeds broken files to every reader.") { perReader, reader, seed, at, keep };
        command.SetAction(parsed => parsed.GetValue(at) is { } number
            ? FuzzCommand.Replay(parsed.GetValue(reader)![0], parsed.GetValue(seed), number, parsed.GetValue(keep), output)
            : FuzzCommand.Run(parsed.GetValue(reader)!, parsed.GetValue(perReader), parsed.GetValue(seed), output));
        return command;
    }

    private static Command FuzzPart(TextWriter output)
    {
        var reader = new Option<string>("--reader") { Required = true };
        var folder = new Option<string>("--folder") { Required = true };
        var from = new Option<long>("--from");
        var to = new Option<long>("--to");
        Option<int> seed = Seed();
        var command = new Command("fuzz-batch", "What fuzz starts: some inputs of one reader.") { reader, folder, from, to, seed };
        command.SetAction(parsed => ChildBatch.RunHere(parsed.GetValue(reader)!, parsed.GetValue(seed), parsed.GetValue(folder)!,
            parsed.GetValue(from), parsed.GetValue(to), output));
        return command;
    }

    private static Command Coverage(TextWriter output)
    {
        var report = new Argument<string>("report") { Description = "A Cobertura file" };
        var command = new Command("coverage", "Which lines of the readers a run of fuzz reached; see eng/coverage.") { report };
        command.SetAction(parsed => CoverageCommand.Run(parsed.GetValue(report)!, output));
        return command;
    }

    private static Option<int> Seed() => new("--seed") { Description = "Decides everything that is drawn", DefaultValueFactory = _ => 1 };
}
