namespace RhoLoss.Experiments.Store;

/// <summary>What methods that look at irreducible losses were given.</summary>
/// <param name="Kind">Where the losses come from: <c>holdout</c>, <c>cross-fit</c> or <c>file</c>.</param>
/// <param name="Seconds">What making them took, whichever run made them.</param>
/// <param name="Metric">
/// The metric of the arms, of the reference on D with the labels that are trained on; null where it is not known.
/// </param>
public sealed record ReferenceSummary(string Kind, double Seconds, double? Metric);
