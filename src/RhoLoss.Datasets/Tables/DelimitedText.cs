using System.Text;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Names;

namespace RhoLoss.Datasets.Tables;

/// <summary>A row of a file.</summary>
/// <param name="Line">Line on which it begins, counted from 1.</param>
/// <param name="Fields">Its fields, without quotes.</param>
internal readonly record struct TextRow(int Line, string[] Fields);

/// <summary>
/// Rows of fields in the two forms that text data come in: <c>.csv</c>, commas with quotes as RFC 4180 has them, and <c>.tsv</c> or
/// <c>.txt</c>, tabs with quotes that mean nothing, as GLUE has them. Lines at the end that are empty or blank are skipped; empty ones
/// inside the file are errors.
/// </summary>
internal static class DelimitedText
{
    private static readonly (char Character, string One, string Many)[] Separators =
        [(',', "comma", "commas"), ('\t', "tab", "tabs"), (';', "semicolon", "semicolons"), ('|', "bar", "bars")];

    /// <summary>What is wrong with a line that has a line end of old Macs in it, and what to do.</summary>
    internal const string LoneReturn = "A line end in it is CR alone: save the file with line ends of Unix (LF) or Windows (CRLF)";

    /// <summary>The rows of a file whose name says which form it has; a last <c>.gz</c> does not count.</summary>
    /// <exception cref="InvalidInputException">
    /// The name has neither ending, the first line has another separator, or a row breaks a rule; the message names the line.
    /// </exception>
    public static List<TextRow> Read(string path)
    {
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        switch (Path.GetExtension(name).ToLowerInvariant())
        {
            case ".csv":
                string text = TextFile.ReadAll(path);
                RequireHeader(path, text, ',');
                return ReadCsv(path, text);
            case ".tsv" or ".txt":
                string[] lines = TextFile.ReadLines(path);
                RequireHeader(path, lines[0], '\t');
                return ReadTsv(path, lines);
            default:
                throw new InvalidInputException(
                    $"{path}: the name must end in .csv (commas, quotes as in RFC 4180) or .tsv (tabs, no quotes). "
                    + (FolderContents.OtherFormat(path) ?? "Rename the file after what it is."));
        }
    }

    /// <summary>Tab-separated rows. Quotes are characters like others.</summary>
    public static List<TextRow> ReadTsv(string path) => ReadTsv(path, TextFile.ReadLines(path));

    private static List<TextRow> ReadTsv(string path, string[] lines)
    {
        var rows = new List<TextRow>(lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0) { throw EmptyLine(path, i + 1); }
            rows.Add(new TextRow(i + 1, lines[i].Split('\t')));
        }
        return rows;
    }

    /// <summary>
    /// Every file that is read has two columns at least, so a first line in one piece has another separator. With a line end inside it
    /// is more than a header.
    /// </summary>
    private static void RequireHeader(string path, string text, char separator)
    {
        ReadOnlySpan<char> header = text.AsSpan(0, text.IndexOf('\n') is var end and >= 0 ? end : text.Length).TrimEnd('\r');
        if (header.Contains('\r'))
        {
            throw new InvalidInputException(
                $"{path}, line 1: the header must be a line of its own, but other lines follow on it. {LoneReturn}.");
        }
        if (IsJson(header))
        {
            throw new InvalidInputException($"{path}, line 1: the header must name columns, but this line is JSON. "
                + "Convert the file to CSV with a header, in Python: `import pandas; "
                + $"pandas.read_json(\"{Path.GetFileName(path)}\", lines=True).to_csv(\"train.csv\", index=False)`.");
        }
        if (header.Contains(separator)) { return; }
        (char Character, string One, string Many) needed = Separators.First(s => s.Character == separator);
        foreach ((char other, string one, string many) in Separators)
        {
            int count = header.Count(other);
            if (count == 0) { continue; }
            throw new InvalidInputException(
                $"{path}, line 1: columns must be separated by {needed.Many} in a file of this name, but the line has no {needed.One} and "
                + $"{count} {(count == 1 ? one : many)}, so the separator seems to be a {one}. "
                + "Save the file with commas as .csv, or with tabs as .tsv.");
        }
    }

    /// <summary>Whether a line begins an object or a list of JSON, alone on it or with its first key or value.</summary>
    private static bool IsJson(ReadOnlySpan<char> line) =>
        line.Trim() is ['{' or '[', .. var rest] && (rest.Length == 0 || rest.TrimStart() is ['"' or '{' or '[', ..]);

    /// <summary>Comma-separated rows; a field in quotes may hold commas, line breaks and doubled quotes.</summary>
    private static List<TextRow> ReadCsv(string path, string content)
    {
        string text = TextFile.WithoutLastEmptyLines(content) + "\n";
        var rows = new List<TextRow>();
        var fields = new List<string>();
        var quoted = new StringBuilder();
        int line = 1, rowLine = 1, at = 0;
        while (at < text.Length)
        {
            string field;
            if (text[at] == '"')
            {
                field = QuotedField(text, ref at, ref line, quoted, path);
            }
            else
            {
                int end = at + text.AsSpan(at).IndexOfAny(',', '\n');
                field = text[at..end];
                at = end;
                if (text[at] == '\n') { field = field.TrimEnd('\r'); }
                if (field.AsSpan().TrimStart().StartsWith('"'))
                {
                    throw new InvalidInputException(
                        $"{path}, line {line}: a quote must follow the comma at once, "
                        + $"but in {Visible.Shown(field)} a blank stands between them. "
                        + "Remove the blanks after commas.");
                }
                if (field.Contains('"', StringComparison.Ordinal))
                {
                    throw new InvalidInputException(
                        $"{path}, line {line}: a field that holds a quote must be in quotes and have it doubled "
                        + $"(\"say \"\"so\"\"\"), but {Visible.Shown(field)} is not. "
                        + "Quote the field, or give the file as .tsv, where quotes mean nothing.");
                }
            }
            fields.Add(field);
            if (text[at++] == ',') { continue; }
            if (fields is [""]) { throw EmptyLine(path, line); }
            rows.Add(new TextRow(rowLine, [.. fields]));
            fields.Clear();
            rowLine = ++line;
        }
        return rows;
    }

    /// <summary>Reads a field from its opening quote; afterwards <paramref name="at"/> is on the comma or line feed behind it.</summary>
    private static string QuotedField(string text, ref int at, ref int line, StringBuilder field, string path)
    {
        int opened = line;
        field.Clear();
        at++;
        while (true)
        {
            int end = at < text.Length ? text.AsSpan(at).IndexOf('"') : -1;
            if (end < 0)
            {
                throw new InvalidInputException(
                    $"{path}, line {opened}: a quote that opens a field must be closed, but the file ends first. "
                    + "Close it, or double it if it is part of the text.");
            }
            line += text.AsSpan(at, end).Count('\n');
            field.Append(text, at, end);
            at += end + 1;
            if (text[at] != '"') { break; }
            field.Append('"');
            at++;
        }
        int lineEnd = at;
        while (text[lineEnd] == '\r') { lineEnd++; }   // several where line ends were translated twice
        if (text[lineEnd] == '\n') { at = lineEnd; }
        if (text[at] is not (',' or '\n'))
        {
            throw new InvalidInputException(
                $"{path}, line {line}: after a closing quote there must be a comma or the end of the line, but there is "
                + $"{Visible.Shown(text[at].ToString())}. "
                + (text[at] == ' ' ? "Remove the blank." : text[at] == '\r' ? $"{LoneReturn}." : "Double the quotes inside the field."));
        }
        return field.ToString();
    }

    private static InvalidInputException EmptyLine(string path, int line) =>
        new($"{path}, line {line}: empty lines may stand at the end of the file only, but this one is followed by data. Remove it.");
}
