using RhoLoss.Experiments.Runs;
using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Running;

/// <summary>One arm's history so far, all that a summary needs; complete when it has all points.</summary>
/// <param name="Method">Method.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Points">One an epoch, or an evaluation where the budget is in steps or seconds.</param>
/// <param name="SecondsSpentBefore">Seconds of the irreducible-loss model, of a plan and of svp's proxy that count in its budget.</param>
/// <param name="PreparationSeconds">Seconds of its plan or of svp's proxy, counted in a budget or not.</param>
public sealed record ArmResult(
    string Method, long Seed, IReadOnlyList<MeasuredPoint> Points, double SecondsSpentBefore = 0, double PreparationSeconds = 0)
{
    /// <summary>Test accuracy after each epoch.</summary>
    public IReadOnlyList<double> AccuracyByEpoch => [.. Points.Select(point => point.Metric(Metric.Accuracy))];

    /// <summary>The arm as <c>summary.json</c> has it.</summary>
    /// <param name="target">Accuracy that epochs and seconds are counted to; null when nothing is counted.</param>
    /// <param name="countsEpochs">False where the entries are evaluations of a budget, which have no epochs to count.</param>
    public ArmSummary ToSummary(double? target, bool countsEpochs = true)
    {
        MeasuredPoint last = Points[^1];
        IReadOnlyList<double> seconds = [.. Points.Select(point => point.Seconds)];
        return new ArmSummary(
            Method, Seed, Points.Count, last.Step, last.ExamplesTrained, last.ForwardPasses, last.Seconds, last.SelectionSeconds,
            AccuracyByEpoch[^1], AccuracyByEpoch.Max(),
            target is { } t && countsEpochs ? SpeedupCalculator.EpochsToTarget(AccuracyByEpoch, t) : null,
            target is { } u ? SpeedupCalculator.SecondsToTarget(AccuracyByEpoch, seconds, u) : null,
            AccuracyByEpoch, new SelectedSummary(Share("corrupted"), Share("alreadyCorrect"), Share("lowRelevance")),
            last.SelectedSha256, seconds, [.. Points.Select(point => point.Step)], SecondsSpentBefore, PreparationSeconds, Points);
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
