using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Workflows;

namespace RhoLoss.Cli.Output;

/// <summary>Examples as a table: id, part, label, place; below each its text or picture.</summary>
internal static class ExampleTable
{
    private const int LongestText = 200;

    public static void Write(TextWriter output, ExampleViewer viewer, IReadOnlyList<ShownExample> examples)
    {
        output.WriteLine($"{viewer.Name}: {viewer.Source}");
        string[][] rows =
        [
            ["id", "part", "label", "where"],
            .. examples.Select(e => (string[])
                [FormattableString.Invariant($"{e.Id}"), e.Part, VisibleText.Of(Label(e)), VisibleText.Of(Where(e))]),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        for (int r = 0; r < rows.Length; r++)
        {
            output.WriteLine(string.Join("  ", rows[r].Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
            if (r == 0) { continue; }
            if (examples[r - 1].Text is { } text) { output.WriteLine($"    {Shown(text)}"); }
            if (examples[r - 1].Picture is { } picture) { output.WriteLine($"    → {picture}"); }
        }
    }

    private static string Label(ShownExample e) => e.Label != e.StoredLabel ? $"{e.Label} ({e.StoredLabel} in the files)"
        : e.Corrupted ? $"{e.Label} (drawn anew by the noise, the same as in the files)" : e.Label;

    private static string Where(ShownExample e) =>
        e.CopyOf is { } original ? FormattableString.Invariant($"copy of {original}: {e.Where}") : e.Where;

    /// <summary>No more of a text than fits.</summary>
    internal static string Shown(string text) => VisibleText.Of(text.Length > LongestText ? text[..LongestText] + "…" : text);
}
