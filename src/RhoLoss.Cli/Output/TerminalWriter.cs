using System.Globalization;
using System.Text;

namespace RhoLoss.Cli.Output;

/// <summary>
/// What everything that the tool prints goes through, so that no name or text of the user's disk moves a terminal's cursor, colours what
/// follows or passes for a line of the tool: <see cref="WriteLine(string)"/> writes one line whatever is in it, <see cref="Write(string)"/>
/// a part of a document with lines of its own.
/// </summary>
/// <param name="inner">Standard output or error.</param>
internal sealed class TerminalWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    /// <summary>What is written to, for bars, which are drawn with a terminal's own codes.</summary>
    public TextWriter Inner => inner;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void Write(string? value) => inner.Write(VisibleText.OfDocument(value ?? ""));

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value) => inner.WriteLine(VisibleText.Of(value ?? ""));

    public override void Flush() => inner.Flush();
}

/// <summary>Documents of several lines.</summary>
internal static class Documents
{
    /// <summary>Writes a document and ends its last line.</summary>
    public static void WriteDocument(this TextWriter output, string document) => output.Write(document + Environment.NewLine);

    /// <summary>Writes a document of JSON, which is read back as it was.</summary>
    public static void WriteJson(this TextWriter output, string json) => output.WriteDocument(VisibleText.EscapedInStrings(json));
}
