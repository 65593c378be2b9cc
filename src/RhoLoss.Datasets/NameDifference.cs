using System.Globalization;
using System.Text;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets;

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
        string? alike = known.FirstOrDefault(other => string.Equals(other.Trim(), name.Trim(), StringComparison.OrdinalIgnoreCase));
        return alike is null ? null
            : $"'{name}' and '{alike}' differ in {(alike.Trim() == name.Trim() ? "blanks" : "upper and lower case")}";
    }

    /// <summary>
    /// Another name that is the same text with letters and accents put together in another way; null where there is none. Without
    /// its accents it is the same, and where the one has more accents the other has more letters with one.
    /// </summary>
    public static string? TwinOf(string name, IEnumerable<string> known)
    {
        if (Ascii.IsValid(name)) { return null; }
        string plain = TextNormalization.CanonicalWithoutAccents(name);
        return known.FirstOrDefault(other => !Ascii.IsValid(other) && TextNormalization.CanonicalWithoutAccents(other) == plain
            && Math.Sign(Marks(other) - Marks(name)) is var more && more != 0 && more == Math.Sign(Accented(name) - Accented(other)));
    }

    /// <summary>Two names that are the same text, each with the code points in which they differ.</summary>
    public static string InForms(string first, string second) =>
        $"'{first}' with {Points(first, second)} and '{second}' with {Points(second, first)}";

    /// <summary>The characters of a name from the first to the last that differs, and the name of its form.</summary>
    private static string Points(string name, string other)
    {
        int start = name.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        int most = Math.Min(name.Length, other.Length) - start;
        int end = name.Reverse().Zip(other.Reverse()).Take(most).TakeWhile(pair => pair.First == pair.Second).Count();
        IEnumerable<string> points = name[start..^end].EnumerateRunes().Select(rune => FormattableString.Invariant($"U+{rune.Value:X4}"));
        return $"{string.Join(' ', points)} ({(Marks(name) > Marks(other) ? "letter and accent apart, NFD" : "one character, NFC")})";
    }

    private static int Marks(string name) => name.EnumerateRunes().Count(IsMark);

    /// <summary>Letters that have their accent in them.</summary>
    private static int Accented(string name) => name.EnumerateRunes().Count(rune =>
        !IsMark(rune) && TextNormalization.CanonicalWithoutAccents(rune.ToString()) != Rune.ToLowerInvariant(rune).ToString());

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark;
}
