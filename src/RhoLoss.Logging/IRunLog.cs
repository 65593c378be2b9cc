namespace RhoLoss.Logging;

/// <summary>
/// Where events of a run go: a file, a screen, a service. <see cref="RunLogs"/> writes to several. Told on the training thread, in order,
/// and for one thread at a time.
/// </summary>
/// <example>
/// A log of one's own needs one method; what it does not know it passes over.
/// <code>
/// internal sealed class BestSoFar : IRunLog
/// {
///     public double Accuracy { get; private set; }
///
///     public void Write(RunEvent e)
///     {
///         if (e is RunEvent.Measured { Point: var point }) { Accuracy = Math.Max(Accuracy, point.Metrics["accuracy"] ?? 0); }
///     }
///
///     public void Dispose() { }
/// }
/// </code>
/// </example>
public interface IRunLog : IDisposable
{
    /// <summary>Name under which a checkpoint remembers <see cref="Position"/>; unique among the logs of a run.</summary>
    string Name => GetType().Name;

    /// <summary>
    /// Where the log ends now, in a unit of its own; null for one that keeps nothing which a resumed run would have to take back.
    /// </summary>
    long? Position => null;

    /// <summary>Takes in what happened, or passes it over.</summary>
    void Write(RunEvent e);

    /// <summary>Drops what was written after a position that <see cref="Position"/> once returned, in this process or before.</summary>
    /// <exception cref="InvalidInputException">The log does not reach that far, or is another one.</exception>
    void CutTo(long position) { }

    /// <summary>Hands what was written to the disk itself; called before a checkpoint that remembers <see cref="Position"/>.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    void Flush() { }
}
