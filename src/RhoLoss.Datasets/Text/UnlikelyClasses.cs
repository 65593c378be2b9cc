using System.Globalization;
using RhoLoss.Datasets.Names;

namespace RhoLoss.Datasets.Text;

/// <summary>Tells labels that are no classes: measurements, such as 0.13 and 0.72, and what hardly comes twice, such as names.</summary>
internal static class UnlikelyClasses
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
    public static void Refuse(IReadOnlyDictionary<string, int> counts, string path, string column)
    {
        int once = counts.Values.Count(count => count == 1);
        if (once == 0) { return; }
        bool measured = AreMeasured(counts);
        if (!measured && !HardlyRepeat(counts)) { return; }
        string found = measured ? Described(counts, path)
            : FormattableString.Invariant($"{path}: there are {counts.Count} different labels in {counts.Values.Sum()} lines ")
                + $"({Some(counts)})";
        string advice = measured ? Advice
            : $"If '{Visible.Cut(column)}' is not the column of classes, name it with data.label-column.";
        throw new InvalidInputException(FormattableString.Invariant($"{found}, {once} of them once. ")
            + $"Each would be a class, whose only example cannot be in every part of the set. {advice}");
    }

    private const string Advice = "This trains classifiers: name a column of classes (data.label-column), "
        + "or put the numbers into a few classes, such as low, middle and high.";

    private static string Described(IReadOnlyDictionary<string, int> counts, string path)
    {
        string many = FormattableString.Invariant($"{counts.Count} different ones ({Some(counts)}) in {counts.Values.Sum()} lines");
        return $"{path}: labels look like the numbers of a regression: {many}";
    }

    private static string Some(IReadOnlyDictionary<string, int> counts) =>
        string.Join(", ", counts.Keys.Order(StringComparer.Ordinal).Take(Named).Select(Visible.Cut)) + ", …";

    /// <summary>Whether there are more classes than pairs of examples.</summary>
    private static bool HardlyRepeat(IReadOnlyDictionary<string, int> counts) =>
        counts.Count > Named && 2 * counts.Count > counts.Values.Sum();

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
        return HardlyRepeat(counts) || (!whole && (2 * once > counts.Count || counts.Count > ManyClasses));
    }
}
