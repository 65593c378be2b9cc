namespace RhoLoss.Experiments.Reports;

/// <summary>Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of theirs.</summary>
public static class SpearmanCorrelation
{
    /// <summary>Of two series of equal length, at least 2; NaN when one is constant.</summary>
    public static double Of(IReadOnlyList<float> first, IReadOnlyList<float> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count || first.Count < 2)
        {
            throw new ArgumentException(
                $"Two series of equal length of at least 2 are needed, but they have {first.Count} and {second.Count}.",
                nameof(second));
        }
        double[] a = Ranks(first), b = Ranks(second);
        double mean = (first.Count - 1) / 2.0;
        double covariance = a.Zip(b, (x, y) => (x - mean) * (y - mean)).Sum();
        return covariance / Math.Sqrt(a.Sum(x => (x - mean) * (x - mean)) * b.Sum(y => (y - mean) * (y - mean)));
    }

    private static double[] Ranks(IReadOnlyList<float> values)
    {
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        var ranks = new double[order.Length];
        for (int from = 0, to; from < order.Length; from = to)
        {
            to = from + 1;
            while (to < order.Length && values[order[to]] == values[order[from]]) { to++; }
            foreach (int i in order.AsSpan(from, to - from)) { ranks[i] = (from + to - 1) / 2.0; }
        }
        return ranks;
    }
}
