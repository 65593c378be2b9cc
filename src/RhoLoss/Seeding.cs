using static TorchSharp.torch;

namespace RhoLoss;

/// <summary>Makes generators whose streams do not meet: one per purpose and, where it matters, per epoch.</summary>
public static class Seeding
{
    // Streams of the parts that draw from a seed of the user's: negative, because epochs and classes count from 0. With one stream for
    // all, label noise and sampler of equal seeds would share a permutation, and every corrupted example would come first in its epoch.
    internal const long Noise = -1, Augmentation = -2, Selection = -3, Initialization = -4, Scoring = -5, Validation = -6;
    internal const long LongTail = -11, StructuredNoise = -12, Pruning = -13, Relevance = -21;

    /// <summary>A CPU generator for this seed and stream number.</summary>
    public static Generator Create(long seed, long stream) => new((ulong)Mix(seed, stream), CPU);

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
