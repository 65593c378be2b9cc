using static TorchSharp.torch;

namespace RhoLoss.Randomness;

/// <summary>
/// Randomness as a function of (seed, purpose, step): no generator lives from step to step, so none is in a checkpoint, and what was drawn
/// for a step can be drawn again in another process.
/// </summary>
public static class Seeding
{
    /// <summary>The seed of a part of what <paramref name="seed"/> decides.</summary>
    public static long Of(long seed, Purpose purpose) => Mix(seed, (long)purpose);

    /// <summary>The seed of one step, epoch or member of such a part.</summary>
    public static long Of(long seed, Purpose purpose, long step) => Mix(Of(seed, purpose), step);

    /// <summary>A CPU generator for a part; the caller disposes it.</summary>
    public static Generator Create(long seed, Purpose purpose) => new((ulong)Of(seed, purpose), CPU);

    /// <summary>A CPU generator for one step, epoch or member of a part; the caller disposes it.</summary>
    public static Generator Create(long seed, Purpose purpose, long step) => new((ulong)Of(seed, purpose, step), CPU);

    /// <summary>A CPU generator for a stream of this seed, numbered as the caller likes; the caller disposes it.</summary>
    public static Generator Stream(long seed, long stream) => new((ulong)Mix(seed, stream), CPU);

    /// <summary>A seed that differs for every pair (SplitMix64's finalizer, so that neighbouring seeds give unrelated streams).</summary>
    public static long Mix(long seed, long stream)
    {
        unchecked
        {
            ulong z = (ulong)seed + 0x9E3779B97F4A7C15UL * ((ulong)stream + 1);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return (long)((z ^ (z >> 31)) & long.MaxValue);
        }
    }
}
