using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Names;


namespace RhoLoss.Datasets.Text;

/// <summary>
/// Finds labels of a file that may not be meant as classes: two spellings of one, missing values, numbers of a regression; and blanks
/// around them.
/// </summary>
internal static class LabelNotices
{
    /// <summary>What the user should know about the labels of a training file: a sentence or two for each kind; none as a rule.</summary>
    public static IEnumerable<string> Of(LabeledColumns columns, string path)
    {
        IReadOnlyDictionary<string, int> counts = columns.LabelCounts;
        if (ClassSpellings.Notice(counts, path, ("time", "times"), "Write them alike in the file") is { } alike) { yield return alike; }
        if (MissingLabels.Notice(counts, path, ("time", "times"), "Remove these lines") is { } missing) { yield return missing; }
        if (UnlikelyClasses.Notice(counts, path) is { } measured) { yield return measured; }
        string[] blanks =
        [
            .. columns.Padded.Where(label => label.Value < counts[label.Key])
                .Select(label => FormattableString.Invariant(
                    $"{Visible.Shown(label.Key)} in {label.Value} of {counts[label.Key]} lines")),
        ];
        if (blanks.Length > 0)
        {
            yield return $"{path}: blanks around labels do not count, but some lines have them and others do not: "
                + $"{ClassSpellings.Listed(blanks)}.";
        }
    }
}
