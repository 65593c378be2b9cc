using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Names;
using RhoLoss.Datasets.Tables;

namespace RhoLoss.Datasets.Text;

/// <summary>The two columns of a user's file that matter.</summary>
/// <param name="Rows">Line, text and label of each row.</param>
/// <param name="Padded">Labels that some lines have blanks around, which are not part of them, and in how many.</param>
internal sealed record LabeledColumns(IReadOnlyList<(int Line, string Text, string Label)> Rows, IReadOnlyDictionary<string, int> Padded)
{
    /// <summary>Each label and how many lines have it.</summary>
    public IReadOnlyDictionary<string, int> LabelCounts { get; } =
        Rows.CountBy(row => row.Label, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);

    /// <summary>Reads a file whose first row names its columns.</summary>
    /// <exception cref="InvalidInputException">
    /// A column is missing, a row has another number of fields, or a text or label is empty.
    /// </exception>
    /// <param name="path">The file.</param>
    /// <param name="files">Names of the columns.</param>
    /// <param name="withoutLabels">What else helps where there is no column of labels, after a clause.</param>
    public static LabeledColumns Read(string path, OwnTextFiles files, string? withoutLabels = null)
    {
        List<TextRow> rows = DelimitedText.Read(path);
        string[] header = rows[0].Fields;
        int text = HeaderColumns.Find(header, files.TextColumn, path, "data.text-column"),
            label = HeaderColumns.Find(header, files.LabelColumn, path, "data.label-column", withoutLabels);
        HeaderColumns.Check(rows, path);
        var padded = new Dictionary<string, int>(StringComparer.Ordinal);
        return new LabeledColumns([.. rows.Skip(1).Select(row =>
        {
            if (string.IsNullOrWhiteSpace(row.Fields[text]))
            {
                throw new InvalidInputException($"{path}, line {row.Line}: the text must not be empty. Fill it in, or remove the line.");
            }
            string name = row.Fields[label].Trim();
            if (name.Length == 0)
            {
                throw new InvalidInputException($"{path}, line {row.Line}: the label must not be empty. Fill it in, or remove the line.");
            }
            if (name.Length < row.Fields[label].Length) { padded[name] = padded.GetValueOrDefault(name) + 1; }
            return (row.Line, row.Fields[text], name);
        })], padded);
    }

    /// <summary>The texts with class numbers.</summary>
    /// <exception cref="InvalidInputException">A label is none of the classes.</exception>
    public LabeledTexts WithClasses(string[] classes, string path, string trainingPath)
    {
        Dictionary<string, long> numbers = classes.Index().ToDictionary(c => c.Item, c => (long)c.Index, StringComparer.Ordinal);
        return new LabeledTexts(
            [.. Rows.Select(row => row.Text)],
            [.. Rows.Select(row => numbers.TryGetValue(row.Label, out long number) ? number : throw Unknown(row.Line, row.Label))],
            LabeledTexts.OnLines(path, [.. Rows.Select(row => row.Line)]));

        InvalidInputException Unknown(int line, string label) => new(
            $"{path}, line {line}: the label must be one of {trainingPath} "
            + $"({LabelFile.Listed([.. classes.Take(11).Select(Visible.Cut)])}), but is {Visible.Shown(label)}. "
            + $"{Nearest(label)}. Correct it, or add examples of that class to the training file.");

        string Nearest(string label) => NameDifference.TwinOf(label, classes) is { } twin
            ? $"They differ in {NameDifference.InForms(label, twin)}"
            : $"The nearest is {Visible.Shown(NearestName.Of(label, classes))}";
    }
}
