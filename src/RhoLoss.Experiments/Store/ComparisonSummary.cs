using System.Text.Json;
using System.Text.Json.Serialization;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>
/// The result of a comparison or of a single run: <c>summary.json</c>. Accuracies and shares are between 0 and 1, times are in seconds.
/// </summary>
/// <param name="Recipe">Name of the recipe.</param>
/// <param name="Dataset">Name of the dataset.</param>
/// <param name="Target">The value of the metric that epochs and seconds are counted to; null when nothing is counted.</param>
/// <param name="IrreducibleLoss">The holdout model; null when no method needed one.</param>
/// <param name="Arms">One entry a method and seed.</param>
/// <param name="Speedup">How much sooner the main method reached the target than the baseline; null for a single run.</param>
/// <param name="Machine">What it ran on; absent in files of other tools.</param>
/// <param name="Seeds">The seeds of every method; absent in files of other tools.</param>
/// <param name="Speedups">The same ratios for every method but the baseline; absent in files of other tools.</param>
/// <param name="Metric">What arms are compared by; where a file has none, accuracy.</param>
/// <param name="References">What methods that look at irreducible losses were given; none in files of earlier versions.</param>
/// <param name="Headline">The claim of the recipe; absent without one, and where not every seed reached the baseline.</param>
public sealed record ComparisonSummary(
    string Recipe,
    string Dataset,
    TargetSummary? Target,
    IrreducibleLossSummary? IrreducibleLoss,
    IReadOnlyList<ArmSummary> Arms,
    SpeedupSummary? Speedup,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MachineSummary? Machine = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<long>? Seeds = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SpeedupSummary>? Speedups = null,
    MetricSummary? Metric = null,
    IReadOnlyList<ReferenceSummary>? References = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] HeadlineSummary? Headline = null)
{
    /// <summary>What arms are compared by.</summary>
    public MetricSummary Metric { get; init; } = Metric ?? MetricSummary.Accuracy;

    /// <summary>What methods that look at irreducible losses were given.</summary>
    public IReadOnlyList<ReferenceSummary> References { get; init; } = References ?? [];

    /// <summary>The summary as indented JSON.</summary>
    public string ToJson() => RunJson.Write(this);

    /// <summary>Writes the summary.</summary>
    /// <exception cref="InvalidInputException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteAllText(path, ToJson() + "\n");

    /// <summary>Reads a summary.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read or is not such a summary.</exception>
    public static ComparisonSummary Load(string path) => RunJson.Read<ComparisonSummary>(path);
}

/// <summary>The value to reach; where it is the baseline's best of each seed, the mean of those.</summary>
/// <param name="Accuracy">Where the metric is accuracy.</param>
/// <param name="Metric">In any case; absent in files of earlier versions, whose metric is accuracy.</param>
public sealed record TargetSummary(double? Accuracy, double Metric = double.NaN)
{
    /// <summary>The value of the metric.</summary>
    public double Metric { get; init; } =
        !double.IsNaN(Metric) ? Metric : Accuracy ?? throw new JsonException("A target has neither a metric nor an accuracy.");

    /// <summary>A target as files have it.</summary>
    public static TargetSummary Of(Training.Metric metric, double value)
    {
        ArgumentNullException.ThrowIfNull(metric);
        return new TargetSummary(metric.Name == Training.Metric.Accuracy ? value : null, value);
    }
}

/// <summary>
/// What the holdout model cost and reached; <c>Accuracy</c> null where the losses came from elsewhere; <c>Reused</c> when it was trained by
/// an earlier run; <c>Temperature</c> of its losses, absent at 1.
/// </summary>
public sealed record IrreducibleLossSummary(
    double Seconds, double? Accuracy, bool Reused,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Temperature = null);

/// <summary>Shares of all points trained on; null where the data has no such points or the method no such knowledge.</summary>
/// <param name="Corrupted">Share whose label was replaced by noise.</param>
/// <param name="AlreadyCorrect">Share the scoring pass already classified correctly.</param>
/// <param name="LowRelevance">Share from the low-relevance classes.</param>
public sealed record SelectedSummary(double? Corrupted, double? AlreadyCorrect, double? LowRelevance);

/// <summary>Ratios baseline : method, above 1 when the method is faster; null when a seed of either did not reach the target.</summary>
/// <param name="Epochs">Ratio of mean epochs to target.</param>
/// <param name="Seconds">Ratio of mean seconds to target, without the holdout model.</param>
/// <param name="SecondsWithIrreducibleLoss">
/// The same with the holdout model's training added to every run that needs it, and a plan or svp's proxy to a run that made one.
/// </param>
/// <param name="Baseline">The method compared with.</param>
/// <param name="Method">The method.</param>
public sealed record SpeedupSummary(double? Epochs, double? Seconds, double? SecondsWithIrreducibleLoss, string Baseline, string Method);

/// <summary>The machine in short; <c>environment.json</c> has more.</summary>
public sealed record MachineSummary(
    string Processor, int Cores, long MemoryBytes, int Threads, string Device,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Convolutions = null)
{
    /// <summary>The short form of a report.</summary>
    public static MachineSummary From(EnvironmentReport report) =>
        new(report.Processor, report.Cores, report.MemoryBytes, report.Threads, report.Device, report.Convolutions);
}
