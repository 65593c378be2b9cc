using System.Numerics;
using System.Runtime.CompilerServices;

namespace RhoLoss.NGrams;

/// <summary>
/// N-grams of up to <paramref name="order"/> tokens as whole numbers: each token, plus one, has <paramref name="bits"/> bits, the last
/// token the lowest. So n-grams of all lengths are different numbers, nothing is 0, a longer n-gram ends in a shorter one by a mask and
/// loses its last token, which leaves its context, by a shift; sorted, those of one context stand together.
/// </summary>
internal readonly struct NGramKeys<TKey>(int order, int bits)
    where TKey : unmanaged, IBinaryInteger<TKey>, IUnsignedNumber<TKey>
{
    private const ulong ContextSeed = 0x9E3779B97F4A7C15;

    private static int Width => Unsafe.SizeOf<TKey>() * 8;

    public int Order => order;

    public int Bits => bits;

    /// <summary>Takes the last <paramref name="length"/> tokens of a key, 1 at least.</summary>
    public TKey Mask(int length) => TKey.AllBitsSet >>> (Width - length * bits);

    /// <summary>Number of tokens in it.</summary>
    public int Length(TKey key) => (Width - 1 - int.CreateTruncating(TKey.LeadingZeroCount(key))) / bits + 1;

    /// <summary>The n-gram with one more token at its end; <paramref name="mask"/> keeps it from growing too long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TKey Append(TKey key, ulong token, TKey mask) => ((key << bits) | TKey.CreateTruncating(token + 1)) & mask;

    /// <summary>
    /// Scrambled bits of a key. One-to-one for keys of 64 bits; of 128 bits two are alike with a probability of 2⁻⁶⁴.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(TKey key, ulong seed = 0)
    {
        ulong low = ulong.CreateTruncating(key);
        return Unsafe.SizeOf<TKey>() == sizeof(ulong)
            ? Mix(low ^ seed)
            : Mix(low ^ Mix(ulong.CreateTruncating(key >>> 64) ^ seed));
    }

    /// <summary>The same of an n-gram in its other role: the context of a token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ContextHash(TKey key, ulong seed) => Hash(key, seed ^ ContextSeed);

    /// <summary>
    /// The finaliser of MurmurHash3 (Appleby, public domain): every bit in changes every bit out with probability one half.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCD;
        x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53;
        return x ^ (x >> 33);
    }
}
