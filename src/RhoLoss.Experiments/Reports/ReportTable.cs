namespace RhoLoss.Experiments.Reports;

/// <summary>
/// A table of texts, for a terminal, a page or a file; the first row is the header. On terminals and pages nothing is obeyed or hidden.
/// </summary>
/// <param name="Title">What it shows.</param>
/// <param name="Rows">Header and rows, all of one length.</param>
public sealed record ReportTable(string Title, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>Columns of even width, a line below the header; the same in a terminal, a pipe and a README.</summary>
    public IEnumerable<string> ToLines()
    {
        string[][] rows = [.. Rows.Select(row => row.Select(VisibleText.Of).ToArray())];   // as wide as they are shown
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        IEnumerable<string> lines = rows.Select(row => string.Join(
            "  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
        return [lines.First(), new string('-', widths.Sum() + 2 * (widths.Length - 1)), .. lines.Skip(1)];
    }

    /// <summary>A table of Markdown, each line with its break.</summary>
    public string ToMarkdown()
    {
        IEnumerable<string> lines = Rows.Select(
            row => $"| {string.Join(" | ", row.Select(cell => VisibleText.Of(cell).Replace("|", "\\|", StringComparison.Ordinal)))} |\n");
        return string.Concat([lines.First(), $"|{string.Concat(Rows[0].Select(_ => "---|"))}\n", .. lines.Skip(1)]);
    }

    /// <summary>Comma-separated values after RFC 4180, each line with its break.</summary>
    public string ToCsv() => string.Concat(Rows.Select(row => string.Join(',', row.Select(Quoted)) + "\n"));

    private static string Quoted(string cell) =>
        cell.AsSpan().ContainsAny(",\"\n\r") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
