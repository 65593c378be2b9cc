using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>How a <see cref="Trainer"/> trains. The defaults are the paper's for vision (App. B).</summary>
public sealed record TrainerOptions
{
    /// <summary>n_b, examples of one gradient step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>n_B, candidates they are chosen from; at least <see cref="BatchSize"/>.</summary>
    public int LargeBatchSize { get; init; } = 320;

    /// <summary>What the model is trained for: the loss of an example, and what is right. Default: cross-entropy.</summary>
    public Objective Objective { get; init; } = Objective.CrossEntropy;

    /// <summary>
    /// Factors of a step's losses that are known only after its forward pass; null for none. Selection inside b_t, of tokens for example
    /// (RHO-1, Lin et al., 2024), at no further forward pass: the step is taken on Σ w·ℓ / Σ w over all elements of the batch that count.
    /// Given the loss of each element, without gradient and of the shape of <see cref="Objective.PerElement"/>, and the batch, it returns
    /// factors of that shape or one an example, shape [k]; none negative, one at least above 0.
    /// </summary>
    /// <example>
    /// <code>
    /// // The half of each batch's tokens with the largest loss.
    /// var options = new TrainerOptions
    /// {
    ///     Objective = new TokenCrossEntropy(),
    ///     Weighting = (losses, batch) => losses.ge(losses.median()).to(float32),
    /// };
    /// </code>
    /// </example>
    public Func<Tensor, Batch, Tensor>? Weighting { get; init; }

    /// <summary>
    /// Highest 2-norm of all gradients together, above 0; larger ones are scaled down to it before an update, whatever the optimizer is
    /// (<see cref="FlatParameters.ClipGradientNorm"/>). Null: they are left as they are.
    /// </summary>
    public double? ClipGradientNorm { get; init; }

    /// <summary>
    /// Parts of b_t whose gradients are computed one after the other and added up, from 1 to <see cref="BatchSize"/>: the step is that of
    /// the whole batch, up to rounding, in the memory of a part. Layers see each part by itself: BatchNorm its statistics, dropout draws
    /// for each. Together with <see cref="Weighting"/>, which looks at all losses of b_t, it must be 1. It makes no batch larger, as
    /// <see cref="AccumulatedSteps"/> does.
    /// </summary>
    public int BatchParts { get; init; } = 1;

    /// <summary>
    /// Steps whose gradients are averaged into one update, at least 1: as if b_t were that much larger, in the memory of one. A step still
    /// selects, and counts as a step; the model changes with every k-th.
    /// </summary>
    public int AccumulatedSteps { get; init; } = 1;

    /// <summary>
    /// Called after the backward pass, before gradients are clipped and the parameters updated: to look at gradients, or to change them in
    /// ways other than <see cref="ClipGradientNorm"/>.
    /// </summary>
    public Action<FlatParameters>? BeforeUpdate { get; init; }

    /// <summary>The optimizer.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamWOptions();

    /// <summary>Threads that share the optimizer's step; results are the same for any number.</summary>
    public int OptimizerThreads { get; init; } = 1;

    /// <summary>What the model computes in; the parameters that are updated and saved are float32 in any case.</summary>
    public ComputeFormat Format { get; init; } = ComputeFormat.Default;

    /// <summary>How candidates are scored and drawn; its batch sizes and seed are set from here.</summary>
    public BatchSelectorOptions Selection { get; init; } = new();

    /// <summary>How the learning rate changes while the budget is spent. Default: it does not.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant;

    /// <summary>
    /// What <see cref="Trainer.Progress"/> and the schedule are measured in; null: there is none, and the caller decides when to stop.
    /// </summary>
    public TrainingBudget? Budget { get; init; }

    /// <summary>
    /// Seconds already spent on this run before the first step, such as those of its
    /// irreducible-loss model; they count in a budget of seconds.
    /// </summary>
    public double SecondsSpentBefore { get; init; }

    /// <summary>
    /// Makes the sampler that hands out large batches, owned by the trainer; null for <see cref="ShuffledSampler"/>. Given the stable ids
    /// of D, int64, shape [N], to be copied; n_B of the first step, which a selector may change; and the seed of the order of examples.
    /// InfoBatch is <c>(ids, size, seed) => new PruningSampler(ids, size, seed)</c> with n_B = n_b.
    /// </summary>
    public Func<Tensor, int, long, IExampleSampler>? Sampler { get; init; }

    /// <summary>Seed of the order of examples and of random selection: two streams, both derived from this number.</summary>
    public long Seed { get; init; }

    /// <summary>The clock of <see cref="Trainer.Seconds"/>; tests have their own.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Whether checks wait for the loss on the processor too; tests count what is read so.</summary>
    internal bool ChecksLate { get; init; }

    /// <summary>Refuses what no trainer can do.</summary>
    internal static void Require(TrainerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.AccumulatedSteps, 1, nameof(options));
        if (options.BatchParts < 1 || options.BatchParts > Math.Max(1, options.BatchSize))
        {
            throw new ArgumentException(
                $"TrainerOptions.BatchParts must be at least 1 and at most BatchSize ({options.BatchSize}), but is {options.BatchParts}. "
                + "Set it so that every part has an example.", nameof(options));
        }
        if (options is { BatchParts: > 1, Weighting: not null })
        {
            throw new ArgumentException(
                "TrainerOptions.BatchParts must be 1 with TrainerOptions.Weighting, which is given the losses of a whole batch, but is "
                + $"{options.BatchParts}. Leave one of the two out.", nameof(options));
        }
        if (options.ClipGradientNorm is { } highest && !(highest > 0))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"TrainerOptions.ClipGradientNorm must be above 0, but is {highest}. ")
                + "Set null to leave gradients as they are.", nameof(options));
        }
    }
}
