using System.Globalization;
using System.Text;

namespace RhoLoss;

/// <summary>
/// Text of the user's disk (names of files, classes, columns) as one line of a terminal or a page: what would move the cursor, end the
/// line, colour what follows or turn its direction round is shown as an escape. Compiled into each assembly that writes for readers.
/// </summary>
internal static class VisibleText
{
    /// <summary>The text on one line: <c>\n</c>, <c>\x1b</c>, <c>\u202e</c> for characters that a reader would not see.</summary>
    public static string Of(string text) => Escaped(text, keepsLines: false);

    /// <summary>The same for a document of several lines: its line breaks and tabs stay.</summary>
    public static string OfDocument(string text) => Escaped(text, keepsLines: true);

    private static string Escaped(string text, bool keepsLines)
    {
        if (!text.Any(IsHidden)) { return text; }
        var shown = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool endsLine = c == '\n' || (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n');
            if (!IsHidden(c) || (keepsLines && (endsLine || c == '\t'))) { shown.Append(c); }
            else { shown.Append(Escape(c)); }
        }
        return shown.ToString();
    }

    /// <summary>Control characters, Unicode's line and paragraph ends, and those that reverse the direction of what follows.</summary>
    private static bool IsHidden(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    // From DEL on in the form of JSON, whose documents have all below it escaped already.
    private static string Escape(char c) => c switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };
}
