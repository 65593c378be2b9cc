using RhoLoss.Experiments.Running;
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
        if (EventText.Of(e) is { } line) { console.MarkupLineInterpolated($"[grey]{VisibleText.Of(line)}[/]"); }
        foreach (string note in _notes.New(e)) { console.MarkupLineInterpolated($"[grey]{VisibleText.Of(note)}[/]"); }
        switch (e)
        {
            case RunEvent.HoldoutEpochDone h:
                _holdout ??= context.AddTask("IL model", maxValue: h.Epochs * (h.Part is null ? 1 : 2));
                _holdout.Increment(1);
                break;
            case RunEvent.IrreducibleLossesReady:
                if (_holdout is not null) { _holdout.Value = _holdout.MaxValue; }
                break;
            case RunEvent.ArmStarted a:
                _whole ??= arms > 1 ? context.AddTask(Invariant($"{arms} runs"), maxValue: arms) : null;
                string name = EventText.Name(a.Arm).EscapeMarkup();
                _arm ??= context.AddTask(name);
                _arm.MaxValue = a.TotalSteps;
                _arm.Value = a.StepsTaken;
                _arm.Description = name;
                break;
            case RunEvent.StepDone s:
                _arm!.Value = s.Step;
                if (s.NetSecondsSaved is { } saved)
                {
                    _arm.Description = Invariant($"{EventText.Name(s.Arm)}: net {saved:+0.0;-0.0;0.0} s saved").EscapeMarkup();
                }
                if (_whole is not null) { _whole.Value = _armsDone + (double)s.Step / s.TotalSteps; }
                break;
            case RunEvent.EpochDone d:
                _arm!.Description = Invariant($"{EventText.Name(d.Arm)}: {100 * d.Result.Accuracy:0.0} %").EscapeMarkup();
                break;
            case RunEvent.ArmDone:
                _armsDone++;
                break;
        }
    }
}
