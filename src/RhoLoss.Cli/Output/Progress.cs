using RhoLoss.Logging;
using Spectre.Console;

namespace RhoLoss.Cli.Output;

/// <summary>
/// Shows what a run does on standard error: bars with an ETA on a terminal, plain periodic lines elsewhere, and only what the user
/// should know of the result when quiet.
/// </summary>
internal static class Progress
{
    public static T Show<T>(TextWriter error, bool quiet, long arms, Func<Action<RunEvent>, T> run)
    {
        // Bars are drawn with codes of the terminal, which are not to be escaped.
        bool terminal = error is TerminalWriter { Inner: var inner } && ReferenceEquals(inner, Console.Error) && !Console.IsErrorRedirected;
        if (quiet || !terminal)
        {
            using var lines = new ProgressLog(error, arms) { NotesOnly = quiet };
            return run(lines.Write);
        }

        // NO_COLOR is honoured by Spectre.Console itself.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true).HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 }, new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(context => run(new LiveProgress(console, context, arms).Report));
    }
}
