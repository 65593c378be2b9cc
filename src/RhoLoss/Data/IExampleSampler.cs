using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// Hands out the ids of D batch by batch: <see cref="ShuffledSampler"/>, or <see cref="PruningSampler"/>, which leaves some out.
/// </summary>
public interface IExampleSampler : IDisposable
{
    /// <summary>Number of examples N.</summary>
    int Count { get; }

    /// <summary>
    /// Where the sampler is: the epoch (from 0) of the batch that comes next, and how many of its ids and of all batches were handed out.
    /// </summary>
    SamplerState State { get; }

    /// <summary>Whether the batch that comes next is the first of its epoch.</summary>
    bool AtEpochStart { get; }

    /// <summary>The next large batch, or what is left of it at the end of an epoch. The caller's dispose scope owns its tensors.</summary>
    /// <param name="size">n_B, at least 1.</param>
    /// <param name="progress">Spent share of the training budget, from 0.</param>
    LargeBatch Next(int size, double progress);

    /// <summary>
    /// What the next calls of <see cref="Next"/> with this size return, without moving on, so that inputs can be decoded and candidates
    /// scored beforehand: as many as were asked for, or fewer where what follows is decided later, as by losses still to be observed. The
    /// caller's dispose scope owns the tensors.
    /// </summary>
    /// <param name="count">How many large batches to look ahead, at least 1.</param>
    /// <param name="size">As of <see cref="Next"/>.</param>
    /// <param name="progress">As of <see cref="Next"/>, for the first of them.</param>
    IReadOnlyList<LargeBatch> Ahead(int count, int size, double progress) => [];

    /// <summary>Told of every training step, after the update.</summary>
    void Observe(TrainedBatch trained);

    /// <summary>Adds to <paramref name="state"/> what a later run needs to hand out the same batches.</summary>
    void Capture(IDictionary<string, Tensor> state);

    /// <summary>Continues from a captured state; <paramref name="state"/> finds a tensor by name or fails.</summary>
    void Restore(Func<string, Tensor> state);
}
