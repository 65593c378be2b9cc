using System.Numerics;

namespace RhoLoss.NGrams;

/// <summary>All n-grams of one length that one corpus or another has, sorted, with their counts in each.</summary>
internal sealed class NGramLevel<TKey>
    where TKey : unmanaged, IBinaryInteger<TKey>, IUnsignedNumber<TKey>
{
    private NGramLevel(TKey[] keys, uint[][] counts, int contexts) => (Keys, Counts, Contexts) = (keys, counts, contexts);

    /// <summary>The n-grams, ascending.</summary>
    public TKey[] Keys { get; }

    /// <summary>Counts of each corpus, in the order of the keys.</summary>
    public uint[][] Counts { get; }

    /// <summary>Number of different contexts that they have.</summary>
    public int Contexts { get; }

    /// <summary>For each n-gram the position, in the level of the next shorter ones, of the one that it ends in.</summary>
    public int[] Shorter { get; private set; } = [];

    /// <summary>
    /// Levels of lengths 1, 2, …: each is made of what the next longer ones end in, and of what was counted as short as that.
    /// </summary>
    /// <param name="form">What keys mean.</param>
    /// <param name="corpora">What was counted; taken from the array, so that its memory is free before the levels need theirs.</param>
    public static NGramLevel<TKey>[] Of(NGramKeys<TKey> form, NGramCounts<TKey>[] corpora)
    {
        int[] starts = new int[corpora.Length + 1];
        for (int m = 0; m < corpora.Length; m++) { starts[m + 1] = checked(starts[m] + corpora[m].Distinct); }
        var keys = new TKey[starts[^1]];
        uint[] counts = new uint[starts[^1]];
        for (int m = 0; m < corpora.Length; m++)
        {
            corpora[m].CopyTo(keys, counts, starts[m]);
            corpora[m] = null!;
        }
        var levels = new NGramLevel<TKey>[form.Order];
        NGramLevel<TKey>? longer = null;
        for (int length = form.Order; length >= 1; length--)
        {
            longer = levels[length - 1] = Next(form, length, longer, keys, counts, starts);
        }
        return levels;
    }

    private static NGramLevel<TKey> Next(
        NGramKeys<TKey> form, int length, NGramLevel<TKey>? longer, TKey[] keys, uint[] counts, int[] starts)
    {
        int fromLonger = longer?.Keys.Length ?? 0;
        int total = fromLonger + keys.Count(key => form.Length(key) == length);
        var sorted = new TKey[total];
        int[] origins = new int[total];   // position in the longer level, or the complement of the position among the counted ones
        TKey mask = form.Mask(length);
        for (int i = 0; i < fromLonger; i++) { (sorted[i], origins[i]) = (longer!.Keys[i] & mask, i); }
        for ((int i, int at) = (0, fromLonger); i < keys.Length; i++)
        {
            if (form.Length(keys[i]) == length) { (sorted[at], origins[at++]) = (keys[i], ~i); }
        }
        Array.Sort(sorted, origins);
        return Merge(form, longer, sorted, origins, counts, starts);
    }

    /// <summary>Adds up the counts of equal keys.</summary>
    private static NGramLevel<TKey> Merge(
        NGramKeys<TKey> form, NGramLevel<TKey>? longer, TKey[] sorted, int[] origins, uint[] counts, int[] starts)
    {
        (int distinct, int contexts) = Distinct(form, sorted);
        var keys = new TKey[distinct];
        uint[][] sums = [.. starts.Skip(1).Select(_ => new uint[distinct])];
        if (longer is not null) { longer.Shorter = new int[longer.Keys.Length]; }
        int at = -1;
        for (int i = 0; i < sorted.Length; i++)
        {
            if (at < 0 || sorted[i] != keys[at]) { keys[++at] = sorted[i]; }
            int origin = origins[i];
            if (origin < 0)
            {
                int corpus = ~origin < starts[1] ? 0 : 1;
                sums[corpus][at] += counts[~origin];
                continue;
            }
            longer!.Shorter[origin] = at;
            for (int m = 0; m < sums.Length; m++) { sums[m][at] += longer.Counts[m][origin]; }
        }
        return new NGramLevel<TKey>(keys, sums, contexts);
    }

    private static (int Distinct, int Contexts) Distinct(NGramKeys<TKey> form, TKey[] sorted)
    {
        if (sorted.Length == 0) { return (0, 0); }
        (int distinct, int contexts) = (1, 1);
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] == sorted[i - 1]) { continue; }
            distinct++;
            if (sorted[i] >>> form.Bits != sorted[i - 1] >>> form.Bits) { contexts++; }
        }
        return (distinct, contexts);
    }
}
