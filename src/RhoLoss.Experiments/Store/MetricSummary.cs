using System.Text.Json.Serialization;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Store;

/// <summary>What arms are compared by.</summary>
/// <param name="Name">As the metrics of points have it.</param>
/// <param name="Better"><c>higher</c> or <c>lower</c>: which of two values is the better one.</param>
public sealed record MetricSummary(string Name, string Better)
{
    private const string Higher = "higher", Lower = "lower";

    /// <summary>That of files that do not say.</summary>
    public static MetricSummary Accuracy { get; } = Of(Metric.Named(Metric.Accuracy));

    /// <summary>A metric as files have it.</summary>
    public static MetricSummary Of(Metric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        return new MetricSummary(metric.NameInPoints, metric.LowerIsBetter ? Lower : Higher);
    }

    /// <summary>The metric itself.</summary>
    /// <exception cref="InvalidInputException">This version has none of that name, or another sense of what is better.</exception>
    [JsonIgnore]
    public Metric Metric => Metric.Standard.FirstOrDefault(metric => Of(metric) == this) ?? throw new InvalidInputException(
        $"The summary's metric is {Name}, of which {Better} is better, but this version knows only "
        + string.Join(", ", Metric.Standard.Select(metric => $"{metric.NameInPoints} ({Of(metric).Better})"))
        + ". Use the version that wrote it.");
}
