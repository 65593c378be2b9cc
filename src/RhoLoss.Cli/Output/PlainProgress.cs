using System.Diagnostics;
using RhoLoss.Experiments.Running;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>Progress as lines, for pipes and logs: each milestone once, and where the run is every few seconds.</summary>
internal sealed class PlainProgress(TextWriter error, long arms)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private readonly long _started = Stopwatch.GetTimestamp();
    private TimeSpan _next = Period;
    private readonly NoteLines _notes = new();
    private double _armsBefore;
    private int _armsDone;
    private long _training;

    public void Report(RunEvent e)
    {
        if (e is RunEvent.ArmStarted start && _training == 0)
        {
            // Time is extrapolated from training alone: not from the IL model, and not from work of an earlier process.
            _training = Stopwatch.GetTimestamp();
            _armsBefore = _armsDone + (double)start.StepsTaken / start.TotalSteps;
        }
        if (e is RunEvent.ArmDone) { _armsDone++; }
        if (EventText.Of(e) is { } line) { error.WriteLine(line); }
        foreach (string note in _notes.New(e)) { error.WriteLine(note); }
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_started);
        if (elapsed < _next) { return; }
        string? where = e switch
        {
            RunEvent.HoldoutEpochDone h =>
                Invariant($"IL model{Part(h)}: epoch {h.Result.Epoch} of {h.Epochs}, loss {h.Result.Loss:0.000}"),
            RunEvent.StepDone s =>
                Invariant($"{EventText.Name(s.Arm)}: step {s.Step} of {s.TotalSteps}, loss {s.Loss:0.000}{Saved(s)}; ")
                + Invariant($"run {_armsDone + 1} of {arms}{Remaining(s)}"),
            _ => null,
        };
        if (where is null) { return; }
        error.WriteLine(where);
        _next = elapsed + Period;
    }

    private static string Saved(RunEvent.StepDone step) =>
        step.NetSecondsSaved is { } saved ? Invariant($", net {saved:+0.0;-0.0;0.0} s saved") : "";

    private string Remaining(RunEvent.StepDone step)
    {
        double now = _armsDone + (double)step.Step / step.TotalSteps, done = now - _armsBefore;
        if (done < 0.1) { return ""; }   // too little to extrapolate from
        TimeSpan left = Stopwatch.GetElapsedTime(_training) * ((arms - now) / done);
        return left < TimeSpan.FromMinutes(1) ? Invariant($", about {left.TotalSeconds:0} s left")
            : left < TimeSpan.FromHours(1) ? Invariant($", about {left.TotalMinutes:0.0} min left")
            : Invariant($", about {left.TotalHours:0.0} h left");
    }

    private static string Part(RunEvent.HoldoutEpochDone h) => h.Part is { } part ? Invariant($" {part + 1} of 2") : "";
}
