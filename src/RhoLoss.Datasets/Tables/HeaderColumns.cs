using RhoLoss.Datasets.Names;

namespace RhoLoss.Datasets.Tables;

/// <summary>Rules that every file with a header keeps.</summary>
internal static class HeaderColumns
{
    private const int MostShown = 10;

    /// <summary>Position of a column.</summary>
    /// <param name="header">Names of the columns.</param>
    /// <param name="column">The one that is needed.</param>
    /// <param name="path">The file that errors name.</param>
    /// <param name="key">The key of a recipe that names the column; null where none does.</param>
    /// <param name="absent">What else helps where no column is called so, after a clause; null for what does as a rule.</param>
    /// <exception cref="InvalidInputException">It is not there, or twice.</exception>
    public static int Find(string[] header, string column, string path, string? key, string? absent = null)
    {
        int at = Array.IndexOf(header, column);
        string fix = key is null ? "Name the column so" : $"Name the column so, or set {key}";
        if (at < 0)
        {
            string? alike = header.FirstOrDefault(name => Plain(name) == Plain(column));
            string hint = alike is null ? absent ?? "; if line 1 is data already, put a line with the names of the columns before it"
                : $": {Visible.Shown(alike)} differs from it in {Difference(alike, column)}";
            throw new InvalidInputException(
                $"{path}, line 1: the header must have a column '{Visible.Cut(column)}', but has "
                + $"{Listed(header.Select(Visible.Shown))}. {fix}{hint}.");
        }
        return Array.LastIndexOf(header, column) == at ? at
            : throw new InvalidInputException(
                $"{path}, line 1: each column may be there once, but '{Visible.Cut(column)}' comes twice. "
                + "Rename or remove one of them.");
    }

    /// <summary>Equal for names that look alike.</summary>
    private static string Plain(string name) => ClassSpellings.Unquoted(Visible.Stripped(name)).ToLowerInvariant();

    private static string Difference(string name, string column)
    {
        if (string.Equals(name, column, StringComparison.OrdinalIgnoreCase)) { return "case"; }
        if (string.Equals(name.Trim(' ', '\t'), column.Trim(' ', '\t'), StringComparison.OrdinalIgnoreCase)) { return "blanks"; }
        string points = Visible.PointsIn(name);
        if (points.Length > 0) { return $"characters that do not show ({points})"; }
        return string.Equals(ClassSpellings.Unquoted(name), column, StringComparison.OrdinalIgnoreCase)
            ? "quotes, which a .tsv file has as characters like others" : "blanks";
    }

    /// <summary>Every row has the fields of the header and is not the header again, and there is one.</summary>
    public static void Check(List<TextRow> rows, string path)
    {
        string[] header = rows[0].Fields;
        if (rows.Count == 1)
        {
            throw new InvalidInputException(
                $"{path}: the file must have at least one line of data after its header, but has none. Give the complete file.");
        }
        foreach ((int line, string[] fields) in rows.Skip(1))
        {
            if (fields.AsSpan().SequenceEqual(header))
            {
                throw new InvalidInputException($"{path}, line {line}: the header may be there once, but this line repeats it, as in files "
                    + "that were joined. Remove the line.");
            }
            if (fields.Length == header.Length) { continue; }
            string fix = fields.Any(field => field.Contains('\r', StringComparison.Ordinal))
                ? DelimitedText.LoneReturn
                : "Quote fields that hold the separator (.csv), or remove tabs from them (.tsv)";
            throw new InvalidInputException(
                $"{path}, line {line}: a line must have the {header.Length} columns of the header "
                + $"({Listed(header.Select(Visible.Cut))}), but has {fields.Length}. {fix}.");
        }
    }

    private static string Listed(IEnumerable<string> names) =>
        string.Join(", ", names.Take(MostShown)) + (names.Skip(MostShown).Any() ? ", …" : "");
}
