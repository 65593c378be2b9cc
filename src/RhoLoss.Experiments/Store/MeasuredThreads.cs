namespace RhoLoss.Experiments.Store;

/// <summary>The number of threads that was measured fastest for a run: <c>threads.json</c>.</summary>
/// <param name="Target">Threads that its arms train with.</param>
public sealed record MeasuredThreads(int Target);
