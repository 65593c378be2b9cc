using System.CommandLine;
using RhoLoss.Reliability.Kills;

namespace RhoLoss.Reliability;

/// <summary>What can be asked of this program. docs/results/reliability.md has its results.</summary>
internal static class CommandLine
{
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Kills runs and feeds broken files to readers, and counts what did not go as it must.");
        root.Subcommands.Add(Kill(output));
        return root.Parse(args).Invoke(new InvocationConfiguration { Output = output, Error = error });
    }

    private static Command Kill(TextWriter output)
    {
        var count = new Option<int>("--count") { Description = "Kills, a third of them inside writes", DefaultValueFactory = _ => 200 };
        Option<int> seed = Seed();
        var command = new Command("kill", "Kills runs of train and compare with SIGKILL and compares the resumed ones with one left alone.") { count, seed };
        command.SetAction(parsed => KillCommand.Run(parsed.GetValue(count), parsed.GetValue(seed), output));
        return command;
    }

    private static Option<int> Seed() => new("--seed") { Description = "Decides everything that is drawn", DefaultValueFactory = _ => 1 };
}
