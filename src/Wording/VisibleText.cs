using System.Globalization;
using System.Text;

namespace RhoLoss;

/// <summary>
/// Text of the user's disk (names of files, classes, columns) as one line of a terminal or a page: what would move the cursor, end the
/// line, colour what follows or turn its direction round is shown as a code point. Compiled into each assembly that writes for readers.
/// </summary>
internal static class VisibleText
{
    /// <summary>The text on one line: <c>[U+000A]</c> and <c>[U+202E]</c> for characters that a reader would not see.</summary>
    public static string Of(string text) => Shown(text, keepsLines: false);

    /// <summary>The same for a document of several lines: its line breaks and tabs stay.</summary>
    public static string OfDocument(string text) => Shown(text, keepsLines: true);

    /// <summary>How a character that does not show stands in a text: the one notation of all messages.</summary>
    public static string Point(int character) => string.Create(CultureInfo.InvariantCulture, $"[U+{character:X4}]");

    /// <summary>
    /// The same text of JSON or TOML, in whose strings such characters stand as these languages write them, so that they are read back.
    /// </summary>
    public static string EscapedInStrings(string text) => Replaced(
        text, (_, c) => IsHidden(c) && c is not ('\n' or '\r' or '\t'),
        c => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"));

    private static string Shown(string text, bool keepsLines) => Replaced(
        text, (i, c) => IsHidden(c) && !(keepsLines && (c is '\n' or '\t' || (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n'))),
        c => Point(c));

    private static string Replaced(string text, Func<int, char, bool> which, Func<char, string> by)
    {
        if (!text.Any(IsHidden)) { return text; }
        var shown = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++) { shown.Append(which(i, text[i]) ? by(text[i]) : text[i]); }
        return shown.ToString();
    }

    /// <summary>Control characters, Unicode's line and paragraph ends, and those that reverse the direction of what follows.</summary>
    private static bool IsHidden(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
