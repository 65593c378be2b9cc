using System.Globalization;
using System.Text;

namespace RhoLoss.Datasets.Names;

/// <summary>Characters that do not show, or look like a blank: in messages they stand as code points, such as [U+200B].</summary>
internal static class Visible
{
    /// <summary>The text on one line, each such character by its code point; a tab and a blank stay.</summary>
    public static string Of(string text)
    {
        if (!text.EnumerateRunes().Any(IsHidden)) { return text; }
        var shown = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) { shown.Append(IsHidden(rune) ? VisibleText.Point(rune.Value) : rune.ToString()); }
        return shown.ToString();
    }

    /// <summary>A value in quotes, on one line, cut where it is long.</summary>
    public static string Shown(string value) => $"'{Cut(value)}'";

    /// <summary>The same without quotes.</summary>
    public static string Cut(string value) => Of(value.Length <= 40 ? value : value[..40] + "…");

    /// <summary>The text without what does not show, its blanks included.</summary>
    public static string Stripped(string text) =>
        string.Concat(text.EnumerateRunes().Where(rune => !Rune.IsWhiteSpace(rune) && !IsHidden(rune)).Select(rune => rune.ToString()));

    /// <summary>The code points of a text that do not show, each once.</summary>
    public static string PointsIn(string text) =>
        string.Join(", ", text.EnumerateRunes().Where(IsHidden).Distinct()
            .Select(rune => FormattableString.Invariant($"U+{rune.Value:X4}")));

    private static bool IsHidden(Rune rune) => rune.Value is not (' ' or '\t')
        && (Rune.IsWhiteSpace(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control);
}
