using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>A stretch of flat parameters that have one format and are all trained, or all not.</summary>
internal sealed class FlatRange
{
    public FlatRange(IReadOnlyList<FlatEntry> entries, Tensor? masters, Tensor weights, Tensor? gradients)
    {
        Entries = entries;
        Masters = masters;
        Weights = weights;
        Gradients = gradients;
    }

    public IReadOnlyList<FlatEntry> Entries { get; }

    /// <summary>Index of its first number in <see cref="FlatParameters.Values"/>.</summary>
    public long Start => Entries[0].Start;

    /// <summary>Numbers it holds, with the padding between parameters.</summary>
    public long Count => Entries[^1].End - Start;

    /// <summary>
    /// float32 values, shape [Count]: the same tensor as <see cref="Weights"/> in float32; null in a
    /// bfloat16 replica that only runs forward.
    /// </summary>
    public Tensor? Masters { get; }

    /// <summary>What the layers compute with, shape [Count], in the precision they compute in.</summary>
    public Tensor Weights { get; }

    /// <summary>Gradients in the precision of the weights, shape [Count]; null when nothing here is trained.</summary>
    public Tensor? Gradients { get; }

    /// <summary>Whether the masters are another tensor than the weights.</summary>
    public bool IsRounded => !ReferenceEquals(Masters, Weights);
}
