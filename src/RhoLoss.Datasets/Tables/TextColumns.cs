namespace RhoLoss.Datasets.Tables;

/// <summary>The columns of a file of texts that are most likely the text and its label.</summary>
/// <param name="Text">Header of the texts.</param>
/// <param name="Label">Header of the labels.</param>
public sealed record TextColumns(string Text, string Label)
{
    /// <summary>
    /// The column called text, else the one with the longest fields; and the one called label, else, of the others, the one with the
    /// fewest different fields. Blanks around a name do not count. Null when the file cannot be read as one with a header and at least
    /// two columns.
    /// </summary>
    public static TextColumns? Guess(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        List<TextRow> rows;
        try
        {
            rows = DelimitedText.Read(path);
        }
        catch (InvalidInputException)
        {
            return null;   // whoever reads it says what is wrong
        }
        string[] header = [.. rows[0].Fields.Select(name => name.Trim())];
        string[][] fields = [.. rows.Skip(1).Select(row => row.Fields).Where(row => row.Length == header.Length)];
        bool isHeader = header.Length >= 2 && !header.Any(name => name.Length == 0 || name.Contains('"', StringComparison.Ordinal));
        if (!isHeader || fields.Length == 0) { return null; }
        int label = Array.IndexOf(header, "label");
        int text = Array.IndexOf(header, "text");
        if (text < 0) { text = Others(label).MaxBy(c => fields.Sum(row => (long)row[c].Length)); }
        if (label < 0) { label = Others(text).MinBy(c => fields.Select(row => row[c]).Distinct(StringComparer.Ordinal).Count()); }
        return new TextColumns(header[text], header[label]);

        IEnumerable<int> Others(int taken) => Enumerable.Range(0, header.Length).Where(c => c != taken);
    }
}
