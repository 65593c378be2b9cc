using System.Globalization;

namespace RhoLoss.Datasets.Text;

/// <summary>Tells labels that are measurements, such as 0.13 and 0.72, from labels that are classes.</summary>
internal static class RegressionLabels
{
    /// <summary>So many classes of numbers that are not whole are no scale of half points.</summary>
    private const int ManyClasses = 20;

    private const int Named = 3;

    /// <summary>What the user should know about such labels; null for others.</summary>
    /// <param name="counts">Each label and how many examples have it.</param>
    /// <param name="path">The file.</param>
    public static string? Notice(IReadOnlyDictionary<string, int> counts, string path) =>
        AreMeasured(counts) ? $"{Described(counts, path)}. Each of them is a class here. {Advice}" : null;

    /// <summary>Refuses them where the examples of each class have to be shared out, which one alone cannot be.</summary>
    /// <exception cref="InvalidInputException">They are such labels, and some are there once.</exception>
    public static void Refuse(IReadOnlyDictionary<string, int> counts, string path)
    {
        int once = counts.Values.Count(count => count == 1);
        if (once == 0 || !AreMeasured(counts)) { return; }
        throw new InvalidInputException(FormattableString.Invariant($"{Described(counts, path)}, {once} of them once. ")
            + $"Each would be a class, whose only example cannot be in every part of the set. {Advice}");
    }

    private const string Advice = "This trains classifiers: name a column of classes (data.label-column), "
        + "or put the numbers into a few classes, such as low, middle and high.";

    private static string Described(IReadOnlyDictionary<string, int> counts, string path)
    {
        string some = string.Join(", ", counts.Keys.Order(StringComparer.Ordinal).Take(Named).Select(DelimitedText.Cut));
        return FormattableString.Invariant($"{path}: labels look like the numbers of a regression: {counts.Count} different ones ({some}, …) ")
            + FormattableString.Invariant($"in {counts.Values.Sum()} lines");
    }

    /// <summary>
    /// All are numbers, and hardly one comes twice; or they are not whole, and most come once or there are many of them.
    /// </summary>
    private static bool AreMeasured(IReadOnlyDictionary<string, int> counts)
    {
        if (counts.Count <= Named) { return false; }
        bool whole = true;
        foreach (string label in counts.Keys)
        {
            if (!double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            {
                return false;
            }
            whole &= number == Math.Floor(number);
        }
        int once = counts.Values.Count(count => count == 1);
        return 2 * counts.Count > counts.Values.Sum() || (!whole && (2 * once > counts.Count || counts.Count > ManyClasses));
    }
}
