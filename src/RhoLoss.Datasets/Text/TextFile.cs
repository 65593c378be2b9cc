using System.Text;

namespace RhoLoss.Datasets.Text;

/// <summary>A text file in UTF-8, with or without byte-order mark, plain or gzipped, its lines ended by LF or CRLF.</summary>
internal static class TextFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The whole content without its byte-order mark.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read, is empty, or is not UTF-8; the message names the line.</exception>
    public static string ReadAll(string path)
    {
        byte[] bytes = ReadBytes(path);
        ReadOnlySpan<byte> content = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes;
        string text;
        try
        {
            text = Strict.GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + content[..Math.Clamp(e.Index, 0, content.Length)].Count((byte)'\n');
            throw new InvalidInputException($"{path}, line {line}: the text must be UTF-8, but has the byte{(e.BytesUnknown?.Length > 1 ? "s" : "")} {Convert.ToHexString(e.BytesUnknown ?? [])}. Save the file as UTF-8.", e);
        }
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InvalidInputException($"{path}: the file must have at least one line of data, but is empty. Give the complete file.");
        }
        return text;
    }

    /// <summary>The lines, without their ends. Empty lines at the end of the file are left out; callers refuse those inside.</summary>
    public static string[] ReadLines(string path)
    {
        string[] lines = ReadAll(path).Split('\n');
        int count = lines.Length;
        while (count > 0 && lines[count - 1].AsSpan().TrimEnd('\r').Length == 0) { count--; }
        Array.Resize(ref lines, count);
        for (int i = 0; i < count; i++)
        {
            if (lines[i].EndsWith('\r')) { lines[i] = lines[i][..^1]; }
        }
        return lines;
    }

    private static byte[] ReadBytes(string path)
    {
        if (!File.Exists(path)) { throw new InvalidInputException($"{path}: no such file. Correct the path."); }
        try
        {
            using Stream content = GzipContent.Open(path);
            using var bytes = new MemoryStream();
            content.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (InvalidDataException e)
        {
            throw GzipContent.Damaged(path, e);
        }
    }
}
