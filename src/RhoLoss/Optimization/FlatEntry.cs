using RhoLoss.Native;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>Place of one named tensor in a flat one.</summary>
/// <param name="Name">Its name in the model's state_dict.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Start">Index of its first number.</param>
/// <param name="ChannelsLast">Whether a weight [O, I, H, W] lies there as [O, H, W, I].</param>
internal sealed record FlatEntry(string Name, long[] Shape, long Start, bool ChannelsLast)
{
    // 32 numbers are 64 bytes of bfloat16 and two Vector512 of float32: every tensor starts where LibTorch's allocator would let it
    // start, so products give the bits they give on tensors of their own, and a pass over the flat tensor needs no remainder loop.
    private const long Alignment = 32;

    /// <summary>Numbers it holds.</summary>
    public long Count => Shape.Aggregate(1L, (product, side) => product * side);

    /// <summary>Where the next one starts.</summary>
    public long End => Start + (Count + Alignment - 1) / Alignment * Alignment;

    /// <summary>The view, in this entry's shape, of a flat tensor whose first number has index <paramref name="origin"/>.</summary>
    public Tensor ViewOf(Tensor flat, long origin = 0)
    {
        using Tensor slice = flat.narrow(0, Start - origin, Count);
        if (!ChannelsLast) { return slice.view(Shape); }
        using Tensor innermost = slice.view(Shape[0], Shape[2], Shape[3], Shape[1]);
        return innermost.permute(0, 3, 1, 2);
    }

    /// <summary>Whether a tensor is <see cref="ViewOf"/> of that flat one, not memory of its own.</summary>
    public bool Holds(Tensor? tensor, Tensor flat, long origin)
    {
        using Tensor expected = ViewOf(flat, origin);
        return tensor is not null && TensorMemory.ShareMemory(tensor, expected);
    }

    /// <summary>Whether it is the same tensor in the same place.</summary>
    public bool CoincidesWith(FlatEntry other) =>
        Name == other.Name && Start == other.Start && ChannelsLast == other.ChannelsLast && HasShapeOf(other);

    /// <summary>Whether both have one shape.</summary>
    public bool HasShapeOf(FlatEntry other) => Shape.AsSpan().SequenceEqual(other.Shape);

    /// <summary>Entries one after another from <paramref name="start"/>.</summary>
    public static IReadOnlyList<FlatEntry> Lay(IEnumerable<(string Name, Tensor Tensor)> tensors, long start, bool channelsLast)
    {
        var entries = new List<FlatEntry>();
        foreach ((string name, Tensor tensor) in tensors)
        {
            var entry = new FlatEntry(name, tensor.shape, start, channelsLast && tensor.dim() == 4);
            entries.Add(entry);
            start = entry.End;
        }
        return entries;
    }
}
