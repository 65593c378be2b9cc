namespace RhoLoss.Reliability.Fuzz;

/// <summary>An input that a reader neither took nor refused as it must.</summary>
/// <param name="Number">Number of the input.</param>
/// <param name="What">What happened.</param>
internal sealed record Fault(long Number, string What);
