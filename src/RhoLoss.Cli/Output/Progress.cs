using RhoLoss.Experiments.Running;
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
        if (quiet)
        {
            var notes = new NoteLines();
            return run(e => { foreach (string line in notes.New(e)) { error.WriteLine(line); } });
        }
        // Bars are drawn with codes of the terminal, which are not to be escaped.
        bool terminal = error is TerminalWriter { Inner: var inner } && ReferenceEquals(inner, Console.Error) && !Console.IsErrorRedirected;
        if (!terminal) { return run(new PlainProgress(error, arms).Report); }

        // NO_COLOR is honoured by Spectre.Console itself.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true).HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 }, new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(context => run(new LiveProgress(console, context, arms).Report));
    }
}
