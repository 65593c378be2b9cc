namespace RhoLoss.Datasets;

/// <summary>Finds the name that was probably meant.</summary>
internal static class NearestName
{
    /// <summary>The candidate with the smallest edit distance; the first of equals.</summary>
    public static string To(string name, IEnumerable<string> candidates) => candidates.MinBy(candidate => Distance(name.ToLowerInvariant(), candidate))!;

    /// <summary>Levenshtein distance: insertions, deletions and substitutions that turn one text into the other.</summary>
    internal static int Distance(string from, string to)
    {
        int[] previous = [.. Enumerable.Range(0, to.Length + 1)];
        int[] current = new int[to.Length + 1];
        for (int i = 1; i <= from.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int substitution = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
            }
            (previous, current) = (current, previous);
        }
        return previous[to.Length];
    }
}
