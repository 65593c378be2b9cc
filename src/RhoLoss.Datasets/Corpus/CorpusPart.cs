using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using RhoLoss.Data;

namespace RhoLoss.Datasets.Corpus;

/// <summary>
/// The documents of a part of a corpus, cut into sequences of bytes: a sequence lies within one document, and the last of each is shorter.
/// </summary>
internal sealed class CorpusPart : ITokenSequences
{
    /// <summary>The 256 bytes, and what stands before a sequence.</summary>
    public const int Tokens = 257, Start = 256;

    /// <summary>Less than this, at the end of a document or in place of one, says nothing.</summary>
    public const int ShortestPiece = 16;

    private readonly TokenStore _store;
    private readonly List<string> _files = [];
    private readonly List<(int File, int Line, long Start, int Bytes)> _documents = [];
    private readonly List<(long At, int Length, int Document)> _sequences = [];

    private CorpusPart(string root, int length)
    {
        Root = root;
        Length = length;
        _store = new TokenStore();
    }

    private CorpusPart(CorpusPart other, IReadOnlySet<int> documents)
    {
        Root = other.Root;
        Length = other.Length;
        _store = other._store;
        _files = other._files;
        _documents = other._documents;
        _sequences = [.. other._sequences.Where(sequence => documents.Contains(sequence.Document))];
        Documents = [.. documents.Order()];
        Hashes = [.. Documents.Select(document => other.Hashes[document])];
    }

    /// <summary>File or folder that it was read from.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public long Count => _sequences.Count;

    /// <inheritdoc/>
    public int Length { get; }

    /// <inheritdoc/>
    public TokenVocabulary Vocabulary { get; } = new(Tokens, PaddingId: Start);

    /// <inheritdoc/>
    public int StartToken => Start;

    /// <summary>The documents of this part, by position among those that were read.</summary>
    public List<int> Documents { get; } = [];

    /// <summary>Hash of the text of each of <see cref="Documents"/>.</summary>
    public List<UInt128> Hashes { get; } = [];

    /// <summary>Tokens in the sequences.</summary>
    public long TokenCount => _sequences.Sum(sequence => (long)sequence.Length);

    /// <summary>Documents without text, which are none.</summary>
    public int EmptyDocuments { get; private set; }

    /// <summary>Bytes at the ends of documents that are in no sequence, because they are too few.</summary>
    public long BytesLeftOut { get; private set; }

    /// <summary>Reads and cuts the documents of these files, which are below a root.</summary>
    /// <exception cref="InvalidInputException">A file cannot be read, or is no text.</exception>
    public static CorpusPart Read(string root, IEnumerable<string> files, CorpusOptions options) =>
        Cut(root, files, file => DocumentReader.Read(file, options.TextField), options);

    /// <summary>The same of files whose documents are read in some other way.</summary>
    public static CorpusPart Cut(
        string root, IEnumerable<string> files, Func<string, IEnumerable<Document>> documentsOf, CorpusOptions options)
    {
        var part = new CorpusPart(root, options.SequenceLength);
        foreach (string file in files)
        {
            part._files.Add(file);
            foreach (Document document in documentsOf(file)) { part.Add(document); }
        }
        part._store.Complete();
        return part;
    }

    /// <summary>The part of it that has these documents, by their position.</summary>
    public CorpusPart Of(IReadOnlySet<int> documents) => new(this, documents);

    private void Add(Document document)
    {
        ReadOnlySpan<byte> text = document.Text.Span;
        if (text.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            EmptyDocuments++;
            return;
        }
        long start = _store.Length;
        _store.Append(text);
        Documents.Add(_documents.Count);
        Hashes.Add(BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(text.Trim(" \t\r\n"u8))));
        for (int at = 0; at < text.Length; at += Length)
        {
            int length = Math.Min(Length, text.Length - at);
            if (length < ShortestPiece) { BytesLeftOut += length; }
            else { _sequences.Add((start + at, length, _documents.Count)); }
        }
        _documents.Add((_files.Count - 1, document.Line, start, text.Length));
    }

    /// <inheritdoc/>
    public int LengthOf(long row) => _sequences[(int)row].Length;

    /// <inheritdoc/>
    public void Read(long row, Span<int> tokens)
    {
        Span<byte> bytes = stackalloc byte[tokens.Length];
        ReadBytes(row, bytes);
        for (int i = 0; i < bytes.Length; i++) { tokens[i] = bytes[i]; }
    }

    /// <summary>The bytes of a sequence.</summary>
    public void ReadBytes(long row, Span<byte> bytes) => _store.Read(_sequences[(int)row].At, bytes);

    /// <summary>File of a sequence.</summary>
    public string FileOf(long row) => _files[_documents[_sequences[(int)row].Document].File];

    /// <summary>Where a sequence is.</summary>
    public ExamplePlace PlaceOf(long row)
    {
        (long at, _, int document) = _sequences[(int)row];
        (int file, int line, long start, _) = _documents[document];
        return new ExamplePlace(_files[file]) { Line = line == 0 ? null : line, Offset = at - start };
    }

    /// <summary>Its bytes as text; halves of characters at its ends are shown as such.</summary>
    public string TextOf(long row)
    {
        byte[] bytes = new byte[LengthOf(row)];
        ReadBytes(row, bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <inheritdoc/>
    public string NameOf(long row) => PlaceOf(row).ToString();

    /// <summary>What is not in its sequences, and what is there more than once: each a sentence.</summary>
    public IEnumerable<string> Notices(string name)
    {
        if (Documents.Count == 1 && name == "pool")
        {
            yield return $"{Root}: the pool is one document. A text file is one; to make its pieces documents of their own, give a folder "
                + "of files, or a .jsonl file with one a line.";
        }
        if (EmptyDocuments > 0)
        {
            yield return $"{Root}: {Counted.Of(EmptyDocuments, "document")} of the {name} "
                + $"{Counted.Word(EmptyDocuments, "has", "have")} no text.";
        }
        if (BytesLeftOut > 0)
        {
            yield return $"{Root}: {Counted.Of(BytesLeftOut, "byte")} at the ends of documents "
                + $"{Counted.Word(BytesLeftOut, "is", "are")} left out of the {name}, because pieces of fewer than {ShortestPiece} bytes "
                + "are.";
        }
        int repeated = Hashes.Count - Hashes.Distinct().Count();
        if (repeated > 0)
        {
            yield return $"{Root}: {repeated} of {Counted.Of(Hashes.Count, "document")} of the {name} "
                + $"{Counted.Word(repeated, "repeats", "repeat")} another one.";
        }
    }

    /// <summary>Where a document is.</summary>
    public string NameOfDocument(int document)
    {
        (int file, int line, _, _) = _documents[document];
        return line == 0 ? _files[file] : string.Create(CultureInfo.InvariantCulture, $"{_files[file]}, line {line}");
    }
}
