using RhoLoss.Training;

namespace RhoLoss.Logging;

/// <summary>
/// The logs of a run. Each event goes to every log in their order; a checkpoint remembers where each ended, and a resumed run cuts them
/// back to it, so that nothing is logged twice.
/// </summary>
/// <example>
/// <code>
/// using var logs = new RunLogs(
///     new JsonLinesLog("run/metrics.jsonl"), new TensorBoardLog("run/tensorboard"), new ProgressLog(Console.Error));
/// var totals = new RunTotals();
/// totals.Add(trainer.Step());
/// logs.Write(new RunEvent.Measured(new Arm("rho-loss", 1), totals.Measure(epoch: 1, Evaluator.Evaluate(trainer.Model, test))));
/// </code>
/// </example>
public sealed class RunLogs : IDisposable
{
    private const string Prefix = "log.";
    private readonly IReadOnlyList<IRunLog> _logs;

    /// <summary>Logs, owned from now on.</summary>
    /// <param name="logs">Those to write to.</param>
    /// <exception cref="ArgumentException">Two that a checkpoint remembers have one name.</exception>
    public RunLogs(params IReadOnlyList<IRunLog> logs)
    {
        ArgumentNullException.ThrowIfNull(logs);
        _logs = logs;
        string[] names = [.. Cuttable.Select(log => log.Name)];
        if (names.Length != names.Distinct(StringComparer.Ordinal).Count())
        {
            throw new ArgumentException($"Logs need names of their own, but these are {string.Join(", ", names)}.", nameof(logs));
        }
    }

    /// <summary>Where each log ends that can be cut, by name.</summary>
    public IReadOnlyDictionary<string, long> Positions =>
        Cuttable.ToDictionary(log => log.Name, log => log.Position!.Value, StringComparer.Ordinal);

    private IEnumerable<IRunLog> Cuttable => _logs.Where(log => log.Position is not null);

    /// <summary>Writes to every log.</summary>
    public void Write(RunEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        foreach (IRunLog log in _logs) { log.Write(e); }
    }

    /// <summary>Cuts every log back; one without a position here was not there then and stays as it is.</summary>
    /// <exception cref="InvalidInputException">A log does not reach that far, or is another one.</exception>
    public void CutTo(IReadOnlyDictionary<string, long> positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        foreach (IRunLog log in Cuttable)
        {
            if (positions.TryGetValue(log.Name, out long position)) { log.CutTo(position); }
        }
    }

    /// <summary>Empties every log that can be cut, for a run that starts again.</summary>
    public void Clear()
    {
        foreach (IRunLog log in Cuttable) { log.CutTo(0); }
    }

    /// <summary>Hands everything to the disk and notes in a checkpoint where each log ends.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Capture(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        foreach (IRunLog log in _logs) { log.Flush(); }
        foreach ((string name, long position) in Positions) { checkpoint.Set(Prefix + name, position); }
    }

    /// <summary>Cuts every log back to where it ended when the checkpoint was captured.</summary>
    /// <exception cref="InvalidInputException">A log does not reach that far, or is another one.</exception>
    public void Restore(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        CutTo(checkpoint.Values.Keys.Where(key => key.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(key => key[Prefix.Length..], checkpoint.GetLong, StringComparer.Ordinal));
    }

    /// <summary>Closes every log.</summary>
    public void Dispose()
    {
        foreach (IRunLog log in _logs) { log.Dispose(); }
    }
}
