using System.Diagnostics;
using System.Globalization;

namespace RhoLoss.Logging;

/// <summary>
/// Lines for people, for pipes and screens: each milestone and each note once, and every few seconds where the run is.
/// </summary>
public sealed class ProgressLog : IRunLog
{
    /// <summary>How the line of a note begins.</summary>
    public const string Note = "note: ";

    private readonly TextWriter _output;
    private readonly long _runs;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private TimeSpan? _next;
    private double _runsBefore;
    private int _runsDone;
    private long _training;

    /// <summary>Writes lines.</summary>
    /// <param name="output">Where to. Not owned.</param>
    /// <param name="runs">How many runs there will be, for what is left of the time.</param>
    public ProgressLog(TextWriter output, long runs = 1)
    {
        ArgumentNullException.ThrowIfNull(output);
        (_output, _runs) = (output, runs);
    }

    /// <summary>Time between two lines that say where the run is; 0 for every one of them.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Writes notes alone, which bear on the result, and no progress.</summary>
    public bool NotesOnly { get; init; }

    /// <summary>Writes what an event says.</summary>
    public void Write(RunEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (!NotesOnly) { Count(e); }
        if (!NotesOnly && e.Line is { } line) { _output.WriteLine(line); }
        // Every run of a comparison reads the same weights.
        foreach (string note in e.Notes.Where(_told.Add)) { _output.WriteLine(Note + note); }
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_started);
        if (NotesOnly || elapsed < (_next ?? Period) || e.Place is not { } place) { return; }
        _output.WriteLine(place + (e is RunEvent.Progressed step && _runs > 0 ? Remaining(step) : ""));
        _next = elapsed + Period;
    }

    /// <summary>Nothing to free.</summary>
    public void Dispose() { }

    private void Count(RunEvent e)
    {
        if (e is RunEvent.Started start && _training == 0)
        {
            // Time is extrapolated from training alone: not from what is prepared, and not from work of an earlier process.
            _training = Stopwatch.GetTimestamp();
            _runsBefore = _runsDone + (double)start.StepsTaken / start.TotalSteps;
        }
        if (e is RunEvent.Finished) { _runsDone++; }
    }

    private string Remaining(RunEvent.Progressed step)
    {
        string run = string.Create(CultureInfo.InvariantCulture, $"; run {_runsDone + 1} of {_runs}");
        double now = _runsDone + (double)step.Step / step.TotalSteps, done = now - _runsBefore;
        if (done < 0.1) { return run; }   // too little to extrapolate from
        TimeSpan left = Stopwatch.GetElapsedTime(_training) * ((_runs - now) / done);
        return run + (left < TimeSpan.FromMinutes(1) ? string.Create(CultureInfo.InvariantCulture, $", about {left.TotalSeconds:0} s left")
            : left < TimeSpan.FromHours(1) ? string.Create(CultureInfo.InvariantCulture, $", about {left.TotalMinutes:0.0} min left")
            : string.Create(CultureInfo.InvariantCulture, $", about {left.TotalHours:0.0} h left"));
    }
}
