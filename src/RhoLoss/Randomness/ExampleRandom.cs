namespace RhoLoss.Randomness;

/// <summary>
/// Random numbers for one example in one step (SplitMix64). Which they are depends on nothing else: not on the batch that the example is
/// in, nor on how many examples are in it.
/// </summary>
public struct ExampleRandom
{
    private ulong _state;

    /// <summary>Starts the stream of a seed.</summary>
    public ExampleRandom(long seed) => _state = unchecked((ulong)seed);

    /// <summary>A whole number from 0, below <paramref name="bound"/>, each equally likely up to bound / 2⁶⁴.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not above 0.</exception>
    public long Below(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (long)Math.BigMul(Next(), (ulong)bound, out _);
    }

    /// <summary>A number from 0, below 1, of 53 random bits.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1L << 53));

    private ulong Next()
    {
        unchecked
        {
            ulong z = _state += 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}
