using RhoLoss.Objectives;

namespace RhoLoss.Training;

/// <summary>Quality of a model on a data set.</summary>
/// <param name="Metrics">
/// What was measured, by name, in the order of <see cref="Metric.Standard"/>; null where there is no such number.
/// </param>
/// <param name="Count">Number of examples.</param>
public sealed record Evaluation(IReadOnlyDictionary<string, double?> Metrics, int Count)
{
    /// <summary>
    /// Share that is predicted right, 0 to 1: for classes, of examples whose largest logit is the label's. Not a number where
    /// nothing is right or wrong.
    /// </summary>
    public double Accuracy => Metrics[Metric.Accuracy] ?? double.NaN;

    /// <summary>Mean loss of the examples; in nats for a cross-entropy.</summary>
    public double Loss => Metrics[Metric.Loss] ?? double.NaN;

    /// <summary>Equal counts and equal metrics.</summary>
    public bool Equals(Evaluation? other) =>
        other is not null && Count == other.Count && Metrics.Count == other.Metrics.Count
        && Metrics.All(metric => other.Metrics.TryGetValue(metric.Key, out double? value) && Nullable.Equals(value, metric.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, Metrics.Count);

    /// <summary>The metrics of <see cref="Metric.Standard"/> and further ones.</summary>
    /// <param name="examples">What was found of each example.</param>
    /// <param name="more">Metrics besides; one called like a standard one takes its place.</param>
    public static Evaluation Of(EvaluatedExamples examples, params IReadOnlyList<Metric> more)
    {
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentNullException.ThrowIfNull(more);
        using IDisposable scope = torch.NewDisposeScope();
        var metrics = new OrderedDictionary<string, double?>(StringComparer.Ordinal);
        bool tokens = examples.Objective is TokenCrossEntropy;
        foreach (Metric metric in Metric.Standard.Concat(more).Where(metric => tokens || !metric.IsOfTokens))
        {
            metrics[metric.Name] = metric.Of(examples);
        }
        return new Evaluation(metrics, (int)examples.Labels.shape[0]);
    }
}
