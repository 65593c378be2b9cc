using System.Text.Json;
using System.Text.Json.Serialization;
using RhoLoss.Logging;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Runs;

/// <summary>
/// The result of a comparison or of a single run: <c>summary.json</c>. Accuracies and shares are between 0 and 1, times are in seconds.
/// </summary>
/// <param name="Recipe">Name of the recipe.</param>
/// <param name="Dataset">Name of the dataset.</param>
/// <param name="Target">The accuracy that epochs and seconds are counted to; null when nothing is counted.</param>
/// <param name="IrreducibleLoss">The holdout model; null when no method needed one.</param>
/// <param name="Arms">One entry a method and seed.</param>
/// <param name="Speedup">How much sooner the main method reached the target than the baseline; null for a single run.</param>
/// <param name="Machine">What it ran on; absent in files of other tools.</param>
/// <param name="Seeds">The seeds of every method; absent in files of other tools.</param>
/// <param name="Speedups">The same ratios for every method but the baseline; absent in files of other tools.</param>
public sealed record ComparisonSummary(
    string Recipe,
    string Dataset,
    TargetSummary? Target,
    IrreducibleLossSummary? IrreducibleLoss,
    IReadOnlyList<ArmSummary> Arms,
    SpeedupSummary? Speedup,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MachineSummary? Machine = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<long>? Seeds = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SpeedupSummary>? Speedups = null)
{
    /// <summary>The summary as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Default.ComparisonSummary);

    /// <summary>Writes the summary.</summary>
    /// <exception cref="InvalidInputException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteAllText(path, ToJson() + "\n");

    /// <summary>Reads a summary.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read or is not such a summary.</exception>
    public static ComparisonSummary Load(string path) => RunJsonFile.Read(path, RunJson.Default.ComparisonSummary);
}

/// <summary>The accuracy to reach; where it is the baseline's best of each seed, the mean of those.</summary>
public sealed record TargetSummary(double Accuracy);

/// <summary>
/// What the holdout model cost and reached; <c>Accuracy</c> null where the losses came from elsewhere; <c>Reused</c> when it was trained by
/// an earlier run; <c>Temperature</c> of its losses, absent at 1.
/// </summary>
public sealed record IrreducibleLossSummary(
    double Seconds, double? Accuracy, bool Reused,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Temperature = null);

/// <summary>One method with one seed.</summary>
/// <param name="Method">Name of the method.</param>
/// <param name="Seed">Seed of initialisation, order and augmentation.</param>
/// <param name="Epochs">Epochs; in each, every point is scored once.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="ExamplesTrained">Points that went through a backward pass, repeats counted.</param>
/// <param name="ExamplesScored">Points that were scored, repeats counted; 0 for uniform.</param>
/// <param name="Seconds">Wall time of the training without evaluation.</param>
/// <param name="ScoringSeconds">The part of it spent on scoring.</param>
/// <param name="FinalAccuracy">Test accuracy after the last epoch.</param>
/// <param name="BestAccuracy">Highest test accuracy of any epoch.</param>
/// <param name="EpochsToTarget">First epoch, counted from 1, at or above the target; null when it was not reached.</param>
/// <param name="SecondsToTarget">Wall time until the end of that epoch; null when it was not reached.</param>
/// <param name="AccuracyByEpoch">Test accuracy after each epoch.</param>
/// <param name="Selected">What was trained on.</param>
/// <param name="SecondsByEpoch">Seconds of training at the time of each accuracy; absent in files of other tools.</param>
/// <param name="StepsByEpoch">Gradient steps at the time of each accuracy; absent in files of other tools.</param>
/// <param name="SecondsSpentBefore">
/// Seconds of the irreducible-loss model, of a plan and of svp's proxy that were counted in the budget of this arm.
/// </param>
/// <param name="PreparationSeconds">
/// Seconds of this arm's plan or of svp's proxy, counted in a budget or not; absent where there was neither.
/// </param>
/// <param name="SelectedSha256">
/// SHA-256 over the ids trained on in their order, so that two runs can be compared to the point; absent when not recorded.
/// </param>
/// <param name="Points">Everything that was measured, when it was; absent in files of other tools.</param>
public sealed record ArmSummary(
    string Method,
    long Seed,
    int Epochs,
    long Steps,
    long ExamplesTrained,
    long ExamplesScored,
    double Seconds,
    double ScoringSeconds,
    double FinalAccuracy,
    double BestAccuracy,
    int? EpochsToTarget,
    double? SecondsToTarget,
    IReadOnlyList<double> AccuracyByEpoch,
    SelectedSummary Selected,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SelectedSha256 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<double>? SecondsByEpoch = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<long>? StepsByEpoch = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double SecondsSpentBefore = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double PreparationSeconds = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<MeasuredPoint>? Points = null)
{
    /// <summary>A metric at the end of training; null where it was not measured.</summary>
    public double? FinalMetric(string name) => Points is [.., { } last] ? last.Metrics.GetValueOrDefault(name) : null;
}

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
