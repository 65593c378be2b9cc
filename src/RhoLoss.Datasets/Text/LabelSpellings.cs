using System.Globalization;

namespace RhoLoss.Datasets.Text;

/// <summary>
/// Finds labels that a reader takes for one and a file has as several: in other letters, with blanks, in another form of the same number.
/// </summary>
internal static class LabelSpellings
{
    private const int MostShown = 3;

    /// <summary>What the user should know about the labels of a training file: a sentence or two for each kind; none as a rule.</summary>
    public static IEnumerable<string> Notices(LabeledColumns columns, string path)
    {
        Dictionary<string, int> counts = columns.Rows.CountBy(row => row.Label, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        string[] groups =
        [
            .. counts.GroupBy(label => Key(label.Key), StringComparer.Ordinal).Where(group => group.Count() > 1)
                .Select(group => string.Join(", ", group.OrderBy(label => label.Key, StringComparer.Ordinal)
                    .Select(label => FormattableString.Invariant($"{DelimitedText.Shown(label.Key)} {label.Value} times")))),
        ];
        if (groups.Length > 0)
        {
            yield return $"{path}: some of the {counts.Count} classes differ only in case, in blanks, or in how a number is written: "
                + $"{Listed(groups)}. They are classes of their own. Write them alike in the file if they are meant to be one.";
        }
        string[] blanks =
        [
            .. columns.Padded.Where(label => label.Value < counts[label.Key])
                .Select(label => FormattableString.Invariant(
                    $"{DelimitedText.Shown(label.Key)} in {label.Value} of {counts[label.Key]} lines")),
        ];
        if (blanks.Length > 0)
        {
            yield return $"{path}: blanks around labels do not count, but some lines have them and others do not: {Listed(blanks)}.";
        }
    }

    private static string Listed(string[] parts) => string.Join("; ", parts.Take(MostShown)) + (parts.Length > MostShown ? "; …" : "");

    /// <summary>Equal for labels that look alike: numbers by value, words without blanks, marks that do not show, and case.</summary>
    private static string Key(string label)
    {
        if (double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
        {
            return (number + 0.0).ToString("R", CultureInfo.InvariantCulture);   // −0 + 0 is 0
        }
        return string.Concat(label.Where(IsVisible)).ToLowerInvariant();

        static bool IsVisible(char c) =>
            !char.IsWhiteSpace(c) && char.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.Control);
    }
}
