namespace RhoLoss.Datasets.Text;

/// <summary>The two columns of a user's file that matter.</summary>
/// <param name="Rows">Line, text and label of each row.</param>
internal sealed record LabeledColumns(IReadOnlyList<(int Line, string Text, string Label)> Rows)
{
    /// <summary>Reads a file whose first row names its columns.</summary>
    /// <exception cref="InvalidInputException">A column is missing, a row has another number of fields, or a text or label is empty.</exception>
    public static LabeledColumns Read(string path, OwnTextFiles files)
    {
        List<TextRow> rows = DelimitedText.Read(path);
        string[] header = rows[0].Fields;
        int text = HeaderColumns.Find(header, files.TextColumn, path, "data.text-column"), label = HeaderColumns.Find(header, files.LabelColumn, path, "data.label-column");
        HeaderColumns.Check(rows, path);
        return new LabeledColumns([.. rows.Skip(1).Select(row =>
        {
            if (string.IsNullOrWhiteSpace(row.Fields[text])) { throw new InvalidInputException($"{path}, line {row.Line}: the text must not be empty. Fill it in, or remove the line."); }
            string name = row.Fields[label].Trim();
            if (name.Length == 0) { throw new InvalidInputException($"{path}, line {row.Line}: the label must not be empty. Fill it in, or remove the line."); }
            return (row.Line, row.Fields[text], name);
        })]);
    }

    /// <summary>The texts with class numbers.</summary>
    /// <exception cref="InvalidInputException">A label is none of the classes.</exception>
    public LabeledTexts WithClasses(string[] classes, string path, string trainingPath)
    {
        Dictionary<string, long> numbers = classes.Index().ToDictionary(c => c.Item, c => (long)c.Index, StringComparer.Ordinal);
        return new LabeledTexts([.. Rows.Select(row => row.Text)], [.. Rows.Select(row => numbers.TryGetValue(row.Label, out long number) ? number
            : throw new InvalidInputException($"{path}, line {row.Line}: the label must be one of {trainingPath} ({LabelFile.Listed(classes)}), but is {DelimitedText.Shown(row.Label)}. The nearest is '{NearestName.Of(row.Label, classes)}'. Correct it, or add examples of that class to the training file."))], LabeledTexts.OnLines(path, [.. Rows.Select(row => row.Line)]));
    }
}

/// <summary>Rules that every file with a header keeps.</summary>
internal static class HeaderColumns
{
    /// <summary>Position of a column.</summary>
    /// <exception cref="InvalidInputException">It is not there, or twice.</exception>
    public static int Find(string[] header, string column, string path, string? key)
    {
        int at = Array.IndexOf(header, column);
        string fix = key is null ? "Name the column so" : $"Name the column so, or set {key}";
        if (at < 0) { throw new InvalidInputException($"{path}, line 1: the header must have a column '{column}', but has {string.Join(", ", header.Select(DelimitedText.Shown))}. {fix}."); }
        return Array.LastIndexOf(header, column) == at ? at : throw new InvalidInputException($"{path}, line 1: each column may be there once, but '{column}' comes twice. {fix}.");
    }

    /// <summary>Every row has the fields of the header, and there is one.</summary>
    public static void Check(List<TextRow> rows, string path)
    {
        if (rows.Count == 1) { throw new InvalidInputException($"{path}: the file must have at least one line of data after its header, but has none. Give the complete file."); }
        foreach ((int line, string[] fields) in rows)
        {
            if (fields.Length != rows[0].Fields.Length)
            {
                throw new InvalidInputException($"{path}, line {line}: a line must have the {rows[0].Fields.Length} columns of the header ({string.Join(", ", rows[0].Fields)}), but has {fields.Length}. Quote fields that hold the separator (.csv), or remove tabs from them (.tsv).");
            }
        }
    }
}
