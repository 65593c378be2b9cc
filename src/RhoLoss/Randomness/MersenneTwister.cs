namespace RhoLoss.Randomness;

/// <summary>
/// MT19937 (Matsumoto and Nishimura, 1998), 32 bits at a time: the numbers of LibTorch's generator on the CPU, without a call for each.
/// </summary>
internal sealed class MersenneTwister
{
    private const int Size = 624, Middle = 397;
    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    /// <param name="seed">Of which LibTorch, too, takes the lower 32 bits.</param>
    public MersenneTwister(long seed)
    {
        _state[0] = unchecked((uint)seed);
        for (uint i = 1; i < Size; i++) { _state[i] = 1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30)) + i; }
    }

    /// <summary>The next 32 bits.</summary>
    public uint Next()
    {
        if (_next == Size) { Twist(); }
        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >> 18);
    }

    private void Twist()
    {
        for (int i = 0; i < Size; i++)
        {
            uint y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7fffffff);
            _state[i] = _state[(i + Middle) % Size] ^ (y >> 1) ^ ((y & 1) * 0x9908b0df);
        }
        _next = 0;
    }
}
