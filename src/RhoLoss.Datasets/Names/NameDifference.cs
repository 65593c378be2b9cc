using System.Text;

namespace RhoLoss.Datasets.Names;

/// <summary>Says in which characters two names differ that a reader takes for one.</summary>
internal static class NameDifference
{
    /// <summary>What is said of a path of which <see cref="IsNotUtf8"/> holds.</summary>
    public const string NotUtf8 = "the name is not UTF-8 where it is shown as \uFFFD, so it cannot be opened; 'ls -b' shows its bytes.";

    /// <summary>Whether a name that was read from a folder has lost bytes that are not UTF-8.</summary>
    public static bool IsNotUtf8(string path) => path.Contains('\uFFFD', StringComparison.Ordinal);

    /// <summary>How a name differs from the one among <paramref name="known"/> that looks like it; null where none does.</summary>
    public static string? From(string name, IReadOnlyCollection<string> known)
    {
        if (IsNotUtf8(name)) { return NotUtf8; }
        if (TwinOf(name, known) is { } twin) { return $"they differ in {InForms(name, twin)}"; }
        string? alike = known.FirstOrDefault(other => Plain(other) == Plain(name));
        if (alike is null)
        {
            string? hidden = known.FirstOrDefault(other => Visible.Stripped(Plain(other)) == Visible.Stripped(Plain(name)));
            return hidden is null ? null : $"'{Visible.Of(name)}' and '{Visible.Of(hidden)}' differ in "
                + (Visible.PointsIn(name + hidden) is { Length: > 0 } points ? $"characters that do not show: {points}" : "blanks");
        }
        string first = name.Trim(), second = alike.Trim();
        bool forms = !string.Equals(first, second, StringComparison.OrdinalIgnoreCase);
        string what = first == second ? "blanks"
            : !forms ? "upper and lower case"
            : CanonicalForm.Of(first) == CanonicalForm.Of(second) ? $"blanks and in {InForms(first, second)}"
            : "upper and lower case, and in whether letters and accents are put together (NFC) or apart (NFD)";
        return $"'{Visible.Of(name)}' and '{Visible.Of(alike)}' differ in {what}";

        static string Plain(string text) => CanonicalForm.Of(text.Trim()).ToLowerInvariant();
    }

    /// <summary>
    /// Another name that is the same text with letters and accents put together in another way; null where there is none.
    /// </summary>
    public static string? TwinOf(string name, IEnumerable<string> known)
    {
        if (Ascii.IsValid(name)) { return null; }
        string form = CanonicalForm.Of(name);
        return known.FirstOrDefault(other => other != name && CanonicalForm.Of(other) == form);
    }

    /// <summary>Two names that are the same text, each with the code points in which they differ.</summary>
    public static string InForms(string first, string second) =>
        $"'{first}' with {Points(first, second)} and '{second}' with {Points(second, first)}";

    /// <summary>The characters of a name from the first to the last that differs, and the name of its form.</summary>
    private static string Points(string name, string other)
    {
        Rune[] mine = [.. name.EnumerateRunes()], others = [.. other.EnumerateRunes()];
        int start = mine.Zip(others).TakeWhile(pair => pair.First == pair.Second).Count();
        int most = Math.Min(mine.Length, others.Length) - start;
        int end = mine.Reverse().Zip(others.Reverse()).Take(most).TakeWhile(pair => pair.First == pair.Second).Count();
        string points = string.Join(' ', mine[start..^end].Select(rune => FormattableString.Invariant($"U+{rune.Value:X4}")));
        return Math.Sign(mine.Length - others.Length) switch
        {
            > 0 => $"{points} (letter and accent apart, NFD)",
            < 0 => $"{points} (one character, NFC)",
            _ => points,
        };
    }
}
