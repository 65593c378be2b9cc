using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Tables;

namespace RhoLoss.Datasets.Corpus;

/// <summary>Reads documents: a text file is one, a file of JSON lines has one a line. Both may be gzipped.</summary>
internal static class DocumentReader
{
    /// <summary>Bytes of a document at most; what is longer is no document, but a collection that should be split.</summary>
    private const int MostBytes = 1 << 28;

    /// <summary>The documents of a file in its order, empty ones too. A document's text is good until the next one is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="textField">Field of the text in JSON lines.</param>
    /// <exception cref="InvalidInputException">The file is no text in UTF-8, or a line has no such field.</exception>
    public static IEnumerable<Document> Read(string path, string textField)
    {
        using Stream content = Open(path);
        foreach (Document document in Read(content, path, textField)) { yield return document; }
    }

    /// <summary>The same of content that is unpacked already.</summary>
    /// <param name="content">The content; not owned.</param>
    /// <param name="path">Name of its file, which tells what it holds.</param>
    /// <param name="textField">Field of the text in JSON lines.</param>
    public static IEnumerable<Document> Read(Stream content, string path, string textField)
    {
        if (!CorpusFiles.IsJsonLines(path))
        {
            ReadOnlyMemory<byte> text = WithoutMark(ReadToEnd(content, path));
            RequireText(text.Span, path, line: 0);
            yield return new Document(path, 0, text);
            yield break;
        }
        byte[] field = Encoding.UTF8.GetBytes(textField);
        int line = 1;
        var lines = new LineReader(content, MostBytes, () => TooLong(path, line));
        for (; Guard(path, lines.Next) is { } read; line++)
        {
            ReadOnlyMemory<byte> json = line == 1 ? WithoutMark(read) : read;
            if (json.Span.IndexOfAnyExcept(" \t\r"u8) < 0) { continue; }
            RequireText(json.Span, path, line);
            yield return new Document(path, line, TextOf(json, field, path, line));
        }
    }

    private static Stream Open(string path)
    {
        FileStream file = GzipContent.OpenStored(path);
        try
        {
            if (StandIn.In(file) is { IsText: false } other)
            {
                throw new InvalidInputException($"{path}: it is {other.What}. {other.Fix}");
            }
            bool gzipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            return gzipped ? new WholeGzipStream(file) : file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static byte[] ReadToEnd(Stream content, string path) => Guard(path, () =>
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int read = content.Read(buffer); read > 0; read = content.Read(buffer))
        {
            if (bytes.Length + read > MostBytes) { throw TooLong(path, 0); }
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    });

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
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

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> text) =>
        text.Span.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;

    private static void RequireText(ReadOnlySpan<byte> text, string path, int line)
    {
        string where = line == 0 ? path : FormattableString.Invariant($"{path}, line {line}");
        if (OtherEncoding.Describe(text) is { } other) { throw new InvalidInputException(line == 0 ? path + other : $"{where}{other}"); }
        if (!Utf8.IsValid(text))
        {
            throw new InvalidInputException(
                $"{where}: the text must be UTF-8, but byte {FirstInvalid(text) + 1} is none of it. Save the file as UTF-8, or remove it.");
        }
    }

    private static long FirstInvalid(ReadOnlySpan<byte> text)
    {
        long at = 0;
        while (Rune.DecodeFromUtf8(text[(int)at..], out _, out int length) == System.Buffers.OperationStatus.Done) { at += length; }
        return at;
    }

    private static ReadOnlyMemory<byte> TextOf(ReadOnlyMemory<byte> json, byte[] field, string path, int line)
    {
        string where = FormattableString.Invariant($"{path}, line {line}");
        try
        {
            var reader = new Utf8JsonReader(json.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new InvalidInputException($"{where}: each line must be a JSON object, {{\"{Encoding.UTF8.GetString(field)}\": …}}.");
            }
            ReadOnlyMemory<byte>? found = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool wanted = reader.ValueTextEquals(field);
                reader.Read();
                if (!wanted)
                {
                    reader.Skip();
                    continue;
                }
                if (reader.TokenType != JsonTokenType.String)
                {
                    throw new InvalidInputException(
                        $"{where}: field '{Encoding.UTF8.GetString(field)}' must be a text, but is "
                        + $"{reader.TokenType.ToString().ToLowerInvariant()}.");
                }
                byte[] text = new byte[reader.ValueSpan.Length];
                found = text.AsMemory(0, reader.CopyString(text));
            }
            if (reader.Read()) { throw new InvalidInputException($"{where}: there is more on the line than one JSON object."); }
            return found ?? throw new InvalidInputException(
                $"{where}: there is no field '{Encoding.UTF8.GetString(field)}'. Name the field of the text with data.text-field.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // of half a surrogate pair, the latter
        {
            throw new InvalidInputException($"{where}: the line is no valid JSON. Give one object a line.", e);
        }
    }

    private static InvalidInputException TooLong(string path, int line) => new(
        $"{path}{(line == 0 ? "" : FormattableString.Invariant($", line {line}"))}: a document may have {MostBytes >> 20} MB, "
        + "but this one has more. Split it.");
}
