using System.Text.Json;
using System.Text.Json.Serialization;
using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Store;

/// <summary>One method with one seed.</summary>
/// <param name="Method">Name of the method.</param>
/// <param name="Seed">Seed of initialisation, order and augmentation.</param>
/// <param name="Epochs">Epochs; in each, every point is scored once.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="ExamplesTrained">Points that went through a backward pass, repeats counted.</param>
/// <param name="ExamplesScored">Points that were scored, repeats counted; 0 for uniform.</param>
/// <param name="Seconds">Wall time of the training without evaluation.</param>
/// <param name="ScoringSeconds">The part of it spent on scoring.</param>
/// <param name="FinalAccuracy">Test accuracy after the last epoch; null where the metric is another.</param>
/// <param name="BestAccuracy">Highest test accuracy of any epoch; null where the metric is another.</param>
/// <param name="EpochsToTarget">First epoch, counted from 1, as good as the target; null when it was not reached.</param>
/// <param name="SecondsToTarget">Wall time until the end of that epoch; null when it was not reached.</param>
/// <param name="AccuracyByEpoch">Test accuracy after each epoch; null where the metric is another.</param>
/// <param name="Selected">What was trained on.</param>
/// <param name="SecondsByEpoch">Seconds of training at the time of each accuracy; absent in files of other tools.</param>
/// <param name="StepsByEpoch">Gradient steps at the time of each accuracy; absent in files of other tools.</param>
/// <param name="SecondsSpentBefore">
/// Seconds of the irreducible-loss model and of what this arm prepared (plan, n-grams, choice) that were counted in its budget.
/// </param>
/// <param name="PreparationSeconds">
/// Seconds of this arm's plan, n-grams or choice, counted in a budget or not; absent where there was none of them.
/// </param>
/// <param name="SelectedSha256">
/// SHA-256 over the ids trained on in their order, so that two runs can be compared to the point; absent when not recorded.
/// </param>
/// <param name="Points">Everything that was measured, when it was; absent in files of other tools.</param>
/// <param name="FinalMetric">The metric after the last epoch; absent in files of earlier versions, whose metric is accuracy.</param>
/// <param name="BestMetric">The best of any epoch; likewise.</param>
/// <param name="MetricByEpoch">The metric after each epoch; likewise.</param>
/// <param name="StoppedEarly">
/// Whether it ended before its length was spent, because the metric had not become better (<c>training.early-stop</c>); absent where it
/// did not.
/// </param>
public sealed record ArmSummary(
    string Method,
    long Seed,
    int Epochs,
    long Steps,
    long ExamplesTrained,
    long ExamplesScored,
    double Seconds,
    double ScoringSeconds,
    double? FinalAccuracy,
    double? BestAccuracy,
    int? EpochsToTarget,
    double? SecondsToTarget,
    IReadOnlyList<double>? AccuracyByEpoch,
    SelectedSummary Selected,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SelectedSha256 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<double>? SecondsByEpoch = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<long>? StepsByEpoch = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double SecondsSpentBefore = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double PreparationSeconds = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<MeasuredPoint>? Points = null,
    double FinalMetric = double.NaN,
    double BestMetric = double.NaN,
    IReadOnlyList<double>? MetricByEpoch = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool StoppedEarly = false)
{
    private const string Neither = "An arm has neither a metric nor an accuracy.";

    /// <summary>The metric after the last epoch.</summary>
    public double FinalMetric { get; init; } =
        !double.IsNaN(FinalMetric) ? FinalMetric : FinalAccuracy ?? throw new JsonException(Neither);

    /// <summary>The best of any epoch.</summary>
    public double BestMetric { get; init; } =
        !double.IsNaN(BestMetric) ? BestMetric : BestAccuracy ?? throw new JsonException(Neither);

    /// <summary>The metric after each epoch.</summary>
    public IReadOnlyList<double> MetricByEpoch { get; init; } =
        MetricByEpoch ?? AccuracyByEpoch ?? throw new JsonException(Neither);

    /// <summary>A metric at the end of training; null where it was not measured.</summary>
    public double? Last(Metric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        return Points is [.., { } last] ? last.Metrics.GetValueOrDefault(metric.NameInPoints) : null;
    }
}
