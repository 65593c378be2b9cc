using RhoLoss.Datasets.Names;
using RhoLoss.Datasets.Tables;


namespace RhoLoss.Datasets.Text;

/// <summary>Reads the files of CoLA (its authors' raw form) and SST-2 (GLUE's form): tab-separated, labels 0 and 1.</summary>
internal static class GlueFile
{
    /// <summary>CoLA: no header; source, label, the author's mark, sentence.</summary>
    /// <exception cref="InvalidInputException">A line breaks a rule.</exception>
    public static LabeledTexts ReadCola(string path) =>
        Read(path, DelimitedText.ReadTsv(path), columns: ["source", "label", "mark", "sentence"], text: 3, label: 1);

    /// <summary>SST-2: a header line, then sentence and label.</summary>
    /// <exception cref="InvalidInputException">The header is another, or a line breaks a rule.</exception>
    public static LabeledTexts ReadSst2(string path)
    {
        List<TextRow> rows = DelimitedText.ReadTsv(path);
        if (rows[0].Fields is not ["sentence", "label"])
        {
            throw new InvalidInputException(
                $"{path}, line 1: the header must be sentence and label, separated by a tab, "
                + $"but is {Visible.Shown(string.Join('\t', rows[0].Fields))}. "
                + "Give GLUE's train.tsv and dev.tsv; its test.tsv has no labels.");
        }
        if (rows.Count == 1)
        {
            throw new InvalidInputException(
                $"{path}: the file must have at least one line of data after its header, but has none. Give the complete file.");
        }
        return Read(path, rows.Skip(1), columns: ["sentence", "label"], text: 0, label: 1);
    }

    private static LabeledTexts Read(string path, IEnumerable<TextRow> rows, string[] columns, int text, int label)
    {
        var texts = new List<string>();
        var labels = new List<long>();
        var lines = new List<int>();
        foreach ((int line, string[] fields) in rows)
        {
            if (fields.Length != columns.Length)
            {
                throw new InvalidInputException(
                    $"{path}, line {line}: a line must have {columns.Length} columns separated by tabs "
                    + $"({string.Join(", ", columns)}), but has {fields.Length}. Give the official file.");
            }
            if (fields[label] is not ("0" or "1"))
            {
                throw new InvalidInputException(
                    $"{path}, line {line}: the label must be 0 or 1, but is {Visible.Shown(fields[label])}. "
                    + "Give the official file.");
            }
            if (string.IsNullOrWhiteSpace(fields[text]))
            {
                throw new InvalidInputException($"{path}, line {line}: the sentence must not be empty. Give the official file.");
            }
            texts.Add(fields[text]);
            labels.Add(fields[label][0] - '0');
            lines.Add(line);
        }
        return new LabeledTexts(texts, labels, LabeledTexts.OnLines(path, [.. lines]));
    }
}
