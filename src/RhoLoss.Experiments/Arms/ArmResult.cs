using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Arms;

/// <summary>One arm's history so far, all that a summary needs; complete when it has all points.</summary>
/// <param name="Method">Method.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Points">One an epoch, or an evaluation where the budget is in steps or seconds.</param>
/// <param name="SecondsSpentBefore">Seconds of the irreducible-loss model and of what it prepared that count in its budget.</param>
/// <param name="PreparationSeconds">Seconds of its plan, n-grams or choice, counted in a budget or not.</param>
/// <param name="StoppedEarly">Whether it ended before its length was spent, because its metric had not become better.</param>
public sealed record ArmResult(
    string Method, long Seed, IReadOnlyList<MeasuredPoint> Points, double SecondsSpentBefore = 0, double PreparationSeconds = 0,
    bool StoppedEarly = false)
{
    /// <summary>The metric on the test set after each epoch.</summary>
    public IReadOnlyList<double> ByEpoch(Metric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        return [.. Points.Select(point => point.Metric(metric.NameInPoints))];
    }

    /// <summary>The arm as <c>summary.json</c> has it.</summary>
    /// <param name="metric">What the test set is judged by.</param>
    /// <param name="target">The value of it that epochs and seconds are counted to; null when nothing is counted.</param>
    /// <param name="countsEpochs">False where the entries are evaluations of a budget, which have no epochs to count.</param>
    public ArmSummary ToSummary(Metric metric, double? target, bool countsEpochs = true)
    {
        MeasuredPoint last = Points[^1];
        IReadOnlyList<double> seconds = [.. Points.Select(point => point.Seconds)];
        IReadOnlyList<double> values = ByEpoch(metric);
        bool byAccuracy = metric.Name == Metric.Accuracy;
        return new ArmSummary(
            Method, Seed, Points.Count, last.Step, last.ExamplesTrained, last.ForwardPasses, last.Seconds, last.SelectionSeconds,
            byAccuracy ? values[^1] : null, byAccuracy ? metric.Best(values) : null,
            target is { } t && countsEpochs ? SpeedupCalculator.EpochsToTarget(values, t, metric) : null,
            target is { } u ? SpeedupCalculator.SecondsToTarget(values, seconds, u, metric) : null,
            byAccuracy ? values : null, new SelectedSummary(Share("corrupted"), Share("alreadyCorrect"), Share("lowRelevance")),
            last.SelectedSha256, seconds, [.. Points.Select(point => point.Step)], SecondsSpentBefore, PreparationSeconds, Points,
            values[^1], metric.Best(values), values, StoppedEarly);
    }

    /// <summary>
    /// A share of all selected points of all points in time, or of some of them, each selection counting once; null where it is not known.
    /// </summary>
    /// <param name="name"><c>corrupted</c>, <c>lowRelevance</c> or <c>alreadyCorrect</c>.</param>
    /// <param name="counts">Which points in time count; null for all.</param>
    public double? Share(string name, Func<MeasuredPoint, bool>? counts = null)
    {
        MeasuredPoint[] counted = [.. Points.Where(counts ?? (_ => true))];
        double? Of(MeasuredPoint point) => point.Metrics.GetValueOrDefault($"selected.{name}");
        double Selected(MeasuredPoint point) => point.Metric("selected.selected");
        return counted.Length == 0 || counted.Any(point => Of(point) is null)
            ? null
            : counted.Sum(point => Of(point)!.Value * Selected(point)) / counted.Sum(Selected);
    }
}
