using System.Globalization;

namespace RhoLoss;

/// <summary>Finds what a mistyped name was meant to be. Compiled into each assembly that answers such names.</summary>
internal static class NearestName
{
    /// <summary>Longer names are compared by their beginning, so that a whole text in the wrong place takes no minutes.</summary>
    private const int LongestCompared = 64;

    /// <summary>
    /// Where the name and all candidates are numbers, the one nearest by value. Otherwise, of the candidates that begin with the name, else
    /// of all: the one with the fewest inserted, deleted or replaced characters. The first of equals.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no candidate.</exception>
    public static string Of(string name, IEnumerable<string> candidates)
    {
        string[] known = [.. candidates];
        if (NumberOf(name) is { } number && known.Select(NumberOf).ToArray() is { Length: > 0 } numbers && numbers.All(n => n is not null))
        {
            return known.Zip(numbers).MinBy(pair => Math.Abs(pair.Second!.Value - number)).First;
        }
        string start = Start(name);
        return known.MinBy(candidate => (Begins(candidate) ? 0 : 1, Distance(start, Start(candidate))))
            ?? throw new InvalidOperationException("There is no candidate to compare with.");

        bool Begins(string candidate) => candidate.StartsWith(name, StringComparison.OrdinalIgnoreCase);
    }

    private static double? NumberOf(string name) =>
        double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number : null;

    private static string Start(string name) => name.Length <= LongestCompared ? name : name[..LongestCompared];

    /// <summary>Levenshtein distance, ignoring case.</summary>
    public static int Distance(string first, string second)
    {
        var row = new int[second.Length + 1];
        for (int j = 0; j <= second.Length; j++) { row[j] = j; }
        for (int i = 1; i <= first.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= second.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(first[i - 1]) == char.ToLowerInvariant(second[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
