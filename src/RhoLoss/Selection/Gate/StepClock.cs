namespace RhoLoss.Selection.Gate;

/// <summary>
/// Running medians of how long the parts of a step take. Medians, because a busy machine makes single timings long, never short.
/// </summary>
internal sealed class StepClock
{
    private const int Kept = 15;
    private readonly Dictionary<string, Queue<double>> _seconds = new(StringComparer.Ordinal);

    /// <summary>Adds a timing of that part.</summary>
    public void Add(string part, double seconds)
    {
        if (!_seconds.TryGetValue(part, out Queue<double>? values)) { _seconds[part] = values = new Queue<double>(); }
        values.Enqueue(seconds);
        if (values.Count > Kept) { values.Dequeue(); }
    }

    /// <summary>Median seconds of that part; null while it was never timed.</summary>
    public double? Median(string part)
    {
        if (!_seconds.TryGetValue(part, out Queue<double>? values)) { return null; }
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
