using RhoLoss.Logging;

namespace OwnParts;

/// <summary>A log of one's own: remembers the best accuracy, and passes over all else that happens.</summary>
internal sealed class BestSoFar : IRunLog
{
    /// <summary>The highest accuracy of any point.</summary>
    public double Accuracy { get; private set; }

    /// <inheritdoc/>
    public void Write(RunEvent e)
    {
        if (e is RunEvent.Measured { Point: var point }) { Accuracy = Math.Max(Accuracy, point.Metric("accuracy")); }
    }

    /// <inheritdoc/>
    public void Dispose() { }
}
