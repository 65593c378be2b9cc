namespace RhoLoss.Datasets;

/// <summary>Finds what a mistyped name was meant to be.</summary>
public static class NearestName
{
    /// <summary>Of the candidates that begin with the name, else of all: the one with the fewest inserted, deleted or replaced characters; the first of equals.</summary>
    /// <exception cref="InvalidOperationException">There is no candidate.</exception>
    public static string Of(string name, IEnumerable<string> candidates) =>
        candidates.MinBy(candidate => (candidate.StartsWith(name, StringComparison.OrdinalIgnoreCase) ? 0 : 1, Distance(name, candidate))) ?? throw new InvalidOperationException("There is no candidate to compare with.");

    /// <summary>Levenshtein distance, ignoring case.</summary>
    public static int Distance(string first, string second)
    {
        var row = new int[second.Length + 1];
        for (var j = 0; j <= second.Length; j++)
            row[j] = j;
        for (var i = 1; i <= first.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(first[i - 1]) == char.ToLowerInvariant(second[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
