using RhoLoss.Optimization;
using RhoLoss.Selection;

namespace RhoLoss.Training;

/// <summary>How a <see cref="Trainer"/> trains. The defaults are the paper's for vision (App. B).</summary>
public sealed record TrainerOptions
{
    /// <summary>n_b, examples of one gradient step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>n_B, candidates they are chosen from; at least <see cref="BatchSize"/>.</summary>
    public int LargeBatchSize { get; init; } = 320;

    /// <summary>The optimizer.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamWOptions();

    /// <summary>Threads that share the optimizer's step; results are the same for any number.</summary>
    public int OptimizerThreads { get; init; } = 1;

    /// <summary>What the model computes in; the parameters that are updated and saved are float32 in any case.</summary>
    public ComputeFormat Format { get; init; } = ComputeFormat.Default;

    /// <summary>How candidates are scored and drawn; its batch sizes and seed are set from here.</summary>
    public BatchSelectorOptions Selection { get; init; } = new();

    /// <summary>Seed of the order of examples and of random selection: two streams, both derived from this number.</summary>
    public long Seed { get; init; }
}
