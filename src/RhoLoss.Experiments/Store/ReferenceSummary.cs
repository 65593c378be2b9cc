using System.Text.Json.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>What methods were given that look at irreducible losses, or at n-grams of the holdout.</summary>
/// <param name="Kind">Where the losses come from: <c>holdout</c>, <c>cross-fit</c>, <c>previous-run</c>, <c>file</c> or
/// <c>n-gram</c>.</param>
/// <param name="Seconds">What making them took, whichever run made them; of n-grams of the holdout, counting them.</param>
/// <param name="Metric">
/// The metric of the arms, of the reference on D with the labels that are trained on; null where it is not known.
/// </param>
/// <param name="Order">The longest n-gram; null for what has none.</param>
/// <param name="Test">The reference alone, on the test set; null where there is no one model, and in files of earlier versions.</param>
/// <param name="File">The file of weights that the model of an earlier run was read from; null for any other.</param>
public sealed record ReferenceSummary(
    string Kind, double Seconds, double? Metric,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Order = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TestedReference? Test = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? File = null);

/// <summary>A reference as a model of its own, measured as the arms are.</summary>
/// <param name="Metric">Name of the metric of the arms, as the metrics of points have it.</param>
/// <param name="Value">Its value on the test set.</param>
public sealed record TestedReference(string Metric, double Value);
