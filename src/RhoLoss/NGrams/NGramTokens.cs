using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace RhoLoss.NGrams;

/// <summary>Tokens of any whole-number type as numbers in 0..V−1.</summary>
internal static class NGramTokens
{
    /// <summary>The token as a number; refused where the vocabulary does not have it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read<TToken>(TToken token, int vocabularySize) where TToken : unmanaged, IBinaryInteger<TToken>
    {
        ulong value = ulong.CreateTruncating(token);   // a negative one becomes too large
        if (value >= (ulong)vocabularySize) { ThrowOutside(token, vocabularySize); }
        return value;
    }

    [DoesNotReturn]
    private static void ThrowOutside<TToken>(TToken token, int vocabularySize) where TToken : IBinaryInteger<TToken> =>
        throw new ArgumentException(FormattableString.Invariant(
            $"Tokens must lie in 0..{vocabularySize - 1}, the vocabulary of the n-grams, but one is {token}."), nameof(token));
}
