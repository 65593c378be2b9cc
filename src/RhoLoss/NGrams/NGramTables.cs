using System.Numerics;

namespace RhoLoss.NGrams;

/// <summary>From corpora to a table: one of them gives a model, two give what one model says more than the other.</summary>
internal sealed record NGramTables(BackOffTable Table, IReadOnlyList<int> NGrams, IReadOnlyList<long> Tokens, IReadOnlyList<long> Shortened)
{
    /// <summary>Counts the corpora, and makes the table.</summary>
    /// <param name="options">Order, vocabulary, memory.</param>
    /// <param name="corpora">Their sequences, with the name of each for a message.</param>
    /// <exception cref="ArgumentException">
    /// A corpus has no sequence that is as long as an n-gram, or a token out of the vocabulary.
    /// </exception>
    public static NGramTables Of<TToken>(
        NGramOptions options, params (string Name, IEnumerable<ReadOnlyMemory<TToken>> Sequences)[] corpora)
        where TToken : unmanaged, IBinaryInteger<TToken>
    {
        options.Validate();
        return options.IsNarrow ? Of<ulong, TToken>(options, corpora) : Of<UInt128, TToken>(options, corpora);
    }

    private static NGramTables Of<TKey, TToken>(
        NGramOptions options, (string Name, IEnumerable<ReadOnlyMemory<TToken>> Sequences)[] corpora)
        where TKey : unmanaged, IBinaryInteger<TKey>, IUnsignedNumber<TKey>
        where TToken : unmanaged, IBinaryInteger<TToken>
    {
        var form = new NGramKeys<TKey>(options.Order, options.TokenBits);
        var counted = new NGramCounts<TKey>[corpora.Length];
        int room = options.Room;
        for (int m = 0; m < corpora.Length; m++)
        {
            // The last one has what the others left; none of the others takes more than half.
            var counts = new NGramCounts<TKey>(form, options.VocabularySize, m == corpora.Length - 1 ? room : room / 2);
            foreach (ReadOnlyMemory<TToken> sequence in corpora[m].Sequences) { counts.Add(sequence.Span); }
            if (counts.LongestSequence < options.Order)
            {
                throw new ArgumentException(
                    $"The {corpora[m].Name} must have a sequence of {options.Order} tokens at least, as n-grams of that order need, "
                    + (counts.LongestSequence == 0 ? "but it has no tokens." : $"but the longest has {counts.LongestSequence}."),
                    nameof(corpora));
            }
            counted[m] = counts;
            room -= counts.Distinct;
        }
        long[] tokens = [.. counted.Select(counts => counts.Tokens)], shortened = [.. counted.Select(counts => counts.Shortened)];
        NGramLevel<TKey>[] levels = NGramLevel<TKey>.Of(form, counted);
        int[] ngrams = [.. levels.Select(level => level.Keys.Length)];
        return new NGramTables(WittenBell<TKey>.Tabulate(form, options.VocabularySize, levels), ngrams, tokens, shortened);
    }
}
