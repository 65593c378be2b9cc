namespace RhoLoss.Tests.NGrams;

/// <summary>
/// The same smoothing written down as its formula is, in double, with a dictionary of contexts: what the tables are compared with.
/// </summary>
internal sealed class DictionaryNGrams(int order, int vocabularySize)
{
    private readonly Dictionary<string, Dictionary<int, int>> _after = new(StringComparer.Ordinal);

    public static DictionaryNGrams Of(int order, int vocabularySize, IEnumerable<int[]> sequences)
    {
        var model = new DictionaryNGrams(order, vocabularySize);
        foreach (int[] sequence in sequences)
        {
            for (int i = 0; i < sequence.Length; i++)
            {
                for (int length = 0; length < order && length <= i; length++)
                {
                    Dictionary<int, int> counts = model.After(sequence[(i - length)..i], create: true)!;
                    counts[sequence[i]] = counts.GetValueOrDefault(sequence[i]) + 1;
                }
            }
        }
        return model;
    }

    /// <summary>Distinct n-grams of that length.</summary>
    public int Distinct(int length) => _after.Where(c => c.Key.Split(',').Length == length).Sum(c => c.Value.Count);

    public double[] Losses(int[] sequence) =>
        [.. sequence.Select((token, i) => -Math.Log(Probability(sequence[Math.Max(0, i - order + 1)..i], token)))];

    private double Probability(int[] context, int token)
    {
        double shorter = context.Length == 0 ? 1.0 / vocabularySize : Probability(context[1..], token);
        if (After(context, create: false) is not { } counts) { return shorter; }
        double total = counts.Values.Sum(), types = counts.Count;
        return (counts.GetValueOrDefault(token) + types * shorter) / (total + types);
    }

    /// <summary>What was seen after a context, whose key has as many parts as the n-gram has tokens.</summary>
    private Dictionary<int, int>? After(int[] context, bool create)
    {
        string key = string.Concat(context.Select(token => $"{token},"));
        if (!_after.TryGetValue(key, out Dictionary<int, int>? counts) && create) { _after[key] = counts = []; }
        return counts;
    }
}
