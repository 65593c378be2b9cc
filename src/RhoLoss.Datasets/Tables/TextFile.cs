using System.Text;
using RhoLoss.Datasets.Files;
using RhoLoss.Serialization;

namespace RhoLoss.Datasets.Tables;

/// <summary>A text file in UTF-8, with or without byte-order mark, plain or gzipped, its lines ended by LF or CRLF.</summary>
internal static class TextFile
{
    /// <summary>A string holds 2³⁰ characters, a few less in .NET.</summary>
    private const long MaximumBytes = 1_000_000_000;

    /// <summary>Text shrinks to a third or a fifth by gzip, and seldom to a fiftieth; what grows more than this is no text.</summary>
    private const long MostExpansion = 200, AlwaysAllowed = 1 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The whole content without its byte-order mark.</summary>
    /// <exception cref="InvalidInputException">
    /// The file cannot be read, is empty or too large, or is not UTF-8 text; the message names the line.
    /// </exception>
    public static string ReadAll(string path)
    {
        ReadOnlySpan<byte> content = ReadBytes(path);
        // Programs that join or save files put a second mark behind the first.
        while (content.StartsWith(Encoding.UTF8.Preamble)) { content = content[Encoding.UTF8.Preamble.Length..]; }
        if (OtherEncoding.Describe(content) is { } other) { throw new InvalidInputException($"{path}{other}"); }
        string text;
        try
        {
            text = Strict.GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + content[..Math.Clamp(e.Index, 0, content.Length)].Count((byte)'\n');
            throw new InvalidInputException(
                $"{path}, line {line}: the text must be UTF-8, but has the byte{(e.BytesUnknown?.Length > 1 ? "s" : "")} "
                + $"{Convert.ToHexString(e.BytesUnknown ?? [])}. Save the file as UTF-8.",
                e);
        }
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InvalidInputException($"{path}: the file must have at least one line of data, but is empty. Give the complete file.");
        }
        if (text.Contains('\r', StringComparison.Ordinal) && !text.Contains('\n', StringComparison.Ordinal))
        {
            throw new InvalidInputException(
                $"{path}: lines must end in LF or CRLF, but in this file they end in CR alone, as on old Macs. "
                + "Save it with line ends of Unix or Windows.");
        }
        return text;
    }

    /// <summary>
    /// The text without the lines at its end that are empty or have nothing but blanks, which editors leave behind. A tab is no blank: it
    /// may separate two empty fields.
    /// </summary>
    public static string WithoutLastEmptyLines(string text)
    {
        int end = text.Length;
        for (int i = text.Length - 1; i >= 0 && text[i] is '\n' or '\r' or ' '; i--)
        {
            if (text[i] == '\n') { end = i; }
        }
        return text[..end];
    }

    /// <summary>The lines, without their ends. Empty lines at the end of the file are left out; callers refuse those inside.</summary>
    public static string[] ReadLines(string path)
    {
        string[] lines = WithoutLastEmptyLines(ReadAll(path)).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].EndsWith('\r')) { lines[i] = lines[i].TrimEnd('\r'); }   // several where line ends were translated twice
        }
        return lines;
    }

    private static byte[] ReadBytes(string path)
    {
        SpecialFile.Refuse(path);
        if (!File.Exists(path)) { throw new InvalidInputException($"{path}: no such file. Correct the path."); }
        try
        {
            using Stream content = GzipContent.Open(path);
            bool gzipped = content is not FileStream;
            long stored = new FileInfo(path).Length;
            long most = gzipped ? Math.Min(MaximumBytes, AlwaysAllowed + (MostExpansion * stored)) : MaximumBytes;
            if (!gzipped && stored > most) { throw TooLarge(path, most); }   // before a gigabyte of it is read
            using var bytes = new MemoryStream();
            byte[] buffer = new byte[1 << 16];
            for (int read = content.Read(buffer); read > 0; read = content.Read(buffer))
            {
                if (bytes.Length + read > most) { throw TooLarge(path, most); }
                bytes.Write(buffer, 0, read);
            }
            return bytes.ToArray();
        }
        catch (InvalidDataException e)
        {
            throw GzipContent.Damaged(path, e);
        }
        catch (IOException e)
        {
            throw new InvalidInputException($"{path}: the file cannot be read ({e.Message}). Check the path and the disk.", e);
        }
    }

    private static InvalidInputException TooLarge(string path, long most) => new(most == MaximumBytes
        ? $"{path}: a text file may have {MaximumBytes} bytes, but this one has more. Split it, or take fewer examples."
        : $"{path}: the file grows more than {MostExpansion} times when it is unpacked, which text does not. Give the file itself.");
}
