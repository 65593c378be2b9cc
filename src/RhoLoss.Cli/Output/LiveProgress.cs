using RhoLoss.Experiments.Logging;
using RhoLoss.Logging;
using Spectre.Console;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>Progress as bars: one for the IL model, one for the whole run, one for the current arm.</summary>
internal sealed class LiveProgress(IAnsiConsole console, ProgressContext context, long arms)
{
    private readonly NoteLines _notes = new();
    private ProgressTask? _holdout;
    private ProgressTask? _whole;
    private ProgressTask? _arm;
    private int _armsDone;

    public void Report(RunEvent e)
    {
        if (e.Line is { } line) { console.MarkupLineInterpolated($"[grey]{VisibleText.Of(line)}[/]"); }
        foreach (string note in _notes.New(e)) { console.MarkupLineInterpolated($"[grey]{VisibleText.Of(note)}[/]"); }
        switch (e)
        {
            case PreparationEvent.HoldoutEpochDone h:
                _holdout ??= context.AddTask("IL model", maxValue: h.Epochs * (h.Part is null ? 1 : 2));
                _holdout.Increment(1);
                break;
            case PreparationEvent.FoldEpochDone f:
                _holdout ??= context.AddTask(Invariant($"{f.Folds} models"), maxValue: f.Epochs * f.Folds);
                // A model that stops early leaves epochs out.
                _holdout.Value = f.Fold * f.Epochs + f.Result.Epoch;
                break;
            case PreparationEvent.IrreducibleLossesReady:
                if (_holdout is not null) { _holdout.Value = _holdout.MaxValue; }
                break;
            case RunEvent.Started a:
                _whole ??= arms > 1 ? context.AddTask(Invariant($"{arms} runs"), maxValue: arms) : null;
                string name = a.Arm.ToString().EscapeMarkup();
                _arm ??= context.AddTask(name);
                _arm.MaxValue = a.TotalSteps;
                _arm.Value = a.StepsTaken;
                _arm.Description = name;
                break;
            case RunEvent.Progressed s:
                _arm!.Value = s.Step;
                if (s.NetSecondsSaved is { } saved)
                {
                    _arm.Description = Invariant($"{s.Arm}: net {saved:+0.0;-0.0;0.0} s saved").EscapeMarkup();
                }
                if (_whole is not null) { _whole.Value = _armsDone + (double)s.Step / s.TotalSteps; }
                break;
            case RunEvent.Measured m:
                string value = m.Point.Metrics.GetValueOrDefault(m.Metric.NameInPoints) is { } known ? m.Metric.Format(known) : "measured";
                _arm!.Description = $"{m.Arm}: {value}".EscapeMarkup();
                break;
            case RunEvent.Finished:
                _armsDone++;
                break;
        }
    }
}
