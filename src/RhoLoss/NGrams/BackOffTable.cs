using System.Numerics;
using System.Runtime.CompilerServices;

namespace RhoLoss.NGrams;

/// <summary>Reads sequences of tokens by a table of n-grams and contexts.</summary>
internal abstract class BackOffTable
{
    /// <summary>Tokens that are looked up at once.</summary>
    public const int Block = 128;

    /// <summary>Bytes that it holds.</summary>
    public abstract long Bytes { get; }

    /// <summary>
    /// The number of each token after those before it in the sequence: log p, or log p − log p of two models. At the first tokens the
    /// context is shorter.
    /// </summary>
    public abstract void Values<TToken>(ReadOnlySpan<TToken> sequence, Span<float> values)
        where TToken : unmanaged, IBinaryInteger<TToken>;

    /// <summary>The sum of the same.</summary>
    public abstract double Sum<TToken>(ReadOnlySpan<TToken> sequence) where TToken : unmanaged, IBinaryInteger<TToken>;
}

/// <inheritdoc/>
/// <param name="form">What keys mean.</param>
/// <param name="vocabularySize">Number of tokens V.</param>
/// <param name="table">
/// Numbers of n-grams by <see cref="NGramKeys{TKey}.Hash"/>, of contexts by <see cref="NGramKeys{TKey}.ContextHash"/>.
/// </param>
/// <param name="seed">Seed of the hashes.</param>
/// <param name="unseen">The number of a token that was never seen, after the empty context.</param>
internal sealed class BackOffTable<TKey>(NGramKeys<TKey> form, int vocabularySize, NGramTable table, ulong seed, float unseen)
    : BackOffTable
    where TKey : unmanaged, IBinaryInteger<TKey>, IUnsignedNumber<TKey>
{
    private readonly NGramKeys<TKey> _form = form;

    public override long Bytes => table.Bytes;

    public override void Values<TToken>(ReadOnlySpan<TToken> sequence, Span<float> values)
    {
        TKey key = TKey.Zero;
        for (int start = 0; start < sequence.Length; start += Block)
        {
            int count = Math.Min(Block, sequence.Length - start);
            key = Read(key, sequence.Slice(start, count), values.Slice(start, count));
        }
    }

    public override double Sum<TToken>(ReadOnlySpan<TToken> sequence)
    {
        Span<float> values = stackalloc float[Block];
        TKey key = TKey.Zero;
        double sum = 0;
        for (int start = 0; start < sequence.Length; start += Block)
        {
            int count = Math.Min(Block, sequence.Length - start);
            key = Read(key, sequence.Slice(start, count), values);
            foreach (float value in values[..count]) { sum += value; }
        }
        return sum;
    }

    /// <summary>
    /// Reads some tokens after those that <paramref name="key"/> ends with. All their n-grams are begun to be fetched before the first is
    /// used: one access to memory each, which overlap.
    /// </summary>
    [SkipLocalsInit]
    private TKey Read<TToken>(TKey key, ReadOnlySpan<TToken> tokens, Span<float> values)
        where TToken : unmanaged, IBinaryInteger<TToken>
    {
        TKey mask = _form.Mask(_form.Order);
        Span<TKey> keys = stackalloc TKey[Block];
        Span<ulong> hashes = stackalloc ulong[Block];
        for (int i = 0; i < tokens.Length; i++)
        {
            key = _form.Append(key, NGramTokens.Read(tokens[i], vocabularySize), mask);
            keys[i] = key;
            ulong hash = NGramKeys<TKey>.Hash(key, seed);
            hashes[i] = hash;
            table.Prefetch(hash);
        }
        Span<int> missing = stackalloc int[Block];
        int left = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            if (!table.TryGet(hashes[i], out values[i])) { missing[left++] = i; }
        }
        if (left > 0) { BackOff(keys, hashes, missing[..left], values); }
        return key;
    }

    /// <summary>
    /// What is not there has the weight of its context and the number of the n-gram that it ends in; all that are missing go on to
    /// shorter ones together.
    /// </summary>
    /// <param name="keys">N-grams that are not in the table, at the positions of <paramref name="missing"/>.</param>
    /// <param name="hashes">Room for hashes.</param>
    /// <param name="missing">Positions.</param>
    /// <param name="values">0 at those positions.</param>
    [SkipLocalsInit]
    private void BackOff(Span<TKey> keys, Span<ulong> hashes, Span<int> missing, Span<float> values)
    {
        Span<ulong> contexts = stackalloc ulong[Block];
        while (missing.Length > 0)
        {
            int open = 0;
            foreach (int i in missing)
            {
                TKey key = keys[i];
                int length = _form.Length(key);
                if (length == 1)
                {
                    values[i] += unseen;
                    continue;
                }
                keys[i] = key & _form.Mask(length - 1);
                contexts[i] = NGramKeys<TKey>.ContextHash(key >>> _form.Bits, seed);
                hashes[i] = NGramKeys<TKey>.Hash(keys[i], seed);
                table.Prefetch(contexts[i]);
                table.Prefetch(hashes[i]);
                missing[open++] = i;
            }
            missing = missing[..open];
            int left = 0;
            foreach (int i in missing)
            {
                table.TryGet(contexts[i], out float weight);   // 0 where the context was never seen
                bool found = table.TryGet(hashes[i], out float value);
                values[i] += weight + value;
                if (!found) { missing[left++] = i; }
            }
            missing = missing[..left];
        }
    }
}
