using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using RhoLoss.Data;

namespace RhoLoss.Datasets.Corpus;

/// <summary>
/// The documents of a part of a corpus, cut into sequences of tokens: a sequence lies within one document, and the last of each is shorter.
/// </summary>
internal sealed class CorpusPart : ITokenSequences
{
    /// <summary>Fewer bytes than this, at the end of a document or in place of one, say nothing.</summary>
    public const int ShortestPiece = 16;

    /// <summary>A larger share of text that is not in the vocabulary is said.</summary>
    private const double MostUnknown = 0.01;

    private readonly TokenStore _text, _store;   // one and the same where tokens are bytes
    private readonly CutPieces? _pieces;         // null where tokens are bytes
    private readonly List<string> _files = [];
    private readonly List<(int File, int Line, long Start, int Bytes)> _documents = [];
    private readonly List<(long At, int Length, int Document)> _sequences = [];

    private CorpusPart(string root, CorpusTokens tokens, int length)
    {
        Root = root;
        Tokens = tokens;
        Length = length;
        _text = _store = new TokenStore(CorpusTokens.Bytes.Stored);
        if (tokens.Tokenizer is not { } tokenizer) { return; }
        _store = new TokenStore(tokens.Stored);
        _pieces = new CutPieces(tokenizer, length);
    }

    private CorpusPart(CorpusPart other, IReadOnlySet<int> documents)
    {
        Root = other.Root;
        Tokens = other.Tokens;
        Length = other.Length;
        _text = other._text;
        _store = other._store;
        _files = other._files;
        _documents = other._documents;
        int[] rows = [.. other._sequences.Index().Where(row => documents.Contains(row.Item.Document)).Select(row => row.Index)];
        _sequences = [.. rows.Select(row => other._sequences[row])];
        _pieces = other._pieces?.Of(rows);
        Documents = [.. documents.Order()];
        Hashes = [.. Documents.Select(document => other.Hashes[document])];
    }

    /// <summary>File or folder that it was read from.</summary>
    public string Root { get; }

    /// <summary>What its documents are cut into.</summary>
    public CorpusTokens Tokens { get; }

    /// <inheritdoc/>
    public long Count => _sequences.Count;

    /// <inheritdoc/>
    public int Length { get; }

    /// <inheritdoc/>
    public TokenVocabulary Vocabulary => Tokens.Vocabulary;

    /// <inheritdoc/>
    public int StartToken => Tokens.Start;

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
    public static CorpusPart Read(string root, IEnumerable<string> files, CorpusTokens tokens, CorpusOptions options) =>
        Cut(root, files, file => DocumentReader.Read(file, options.TextField), tokens, options);

    /// <summary>The same of files whose documents are read in some other way.</summary>
    public static CorpusPart Cut(
        string root, IEnumerable<string> files, Func<string, IEnumerable<Document>> documentsOf, CorpusTokens tokens,
        CorpusOptions options)
    {
        var part = new CorpusPart(root, tokens, options.SequenceLength);
        foreach (string file in files)
        {
            part._files.Add(file);
            foreach (Document document in documentsOf(file)) { part.Add(document); }
        }
        part._text.Complete();
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
        long start = _text.Length;
        _text.Append(text);
        Documents.Add(_documents.Count);
        Hashes.Add(BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(text.Trim(" \t\r\n"u8))));
        if (_pieces is null) { AddBytes(start, text.Length); }
        else { AddPieces(_pieces, text); }
        _documents.Add((_files.Count - 1, document.Line, start, text.Length));
    }

    private void AddBytes(long start, int bytes)
    {
        for (int at = 0; at < bytes; at += Length)
        {
            int length = Math.Min(Length, bytes - at);
            if (length < ShortestPiece) { BytesLeftOut += length; }
            else { _sequences.Add((start + at, length, _documents.Count)); }
        }
    }

    private void AddPieces(CutPieces pieces, ReadOnlySpan<byte> text)
    {
        long start = _store.Length;
        BytesLeftOut += pieces.Cut(text, ShortestPiece, (at, length) => _sequences.Add((start + at, length, _documents.Count)));
        _store.Append(pieces.Tokens);
    }

    /// <inheritdoc/>
    public int LengthOf(long row) => _sequences[(int)row].Length;

    /// <inheritdoc/>
    public void Read(long row, Span<int> tokens) => _store.Read(_sequences[(int)row].At, tokens);

    /// <inheritdoc/>
    public long? BytesOf(long row) => TextAt(row).Bytes;

    /// <summary>Where the text that a sequence stands for is in that of all documents, and how long it is.</summary>
    private (long At, int Bytes) TextAt(long row)
    {
        (long at, int length, int document) = _sequences[(int)row];
        return _pieces is null ? (at, length) : (_documents[document].Start + _pieces[row].Start, _pieces[row].Bytes);
    }

    /// <summary>File of a sequence.</summary>
    public string FileOf(long row) => _files[_documents[_sequences[(int)row].Document].File];

    /// <summary>Where a sequence is.</summary>
    public ExamplePlace PlaceOf(long row)
    {
        (int file, int line, long start, _) = _documents[_sequences[(int)row].Document];
        return new ExamplePlace(_files[file]) { Line = line == 0 ? null : line, Offset = TextAt(row).At - start };
    }

    /// <summary>The text that it stands for, as its document has it; halves of characters at its ends are shown as such.</summary>
    public string TextOf(long row)
    {
        (long at, int length) = TextAt(row);
        byte[] bytes = new byte[length];
        _text.Read(at, bytes.AsSpan());
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
        foreach (string notice in UnknownNotice(name)) { yield return notice; }
        int repeated = Hashes.Count - Hashes.Distinct().Count();
        if (repeated > 0)
        {
            yield return $"{Root}: {repeated} of {Counted.Of(Hashes.Count, "document")} of the {name} "
                + $"{Counted.Word(repeated, "repeats", "repeat")} another one.";
        }
    }

    /// <summary>Says where more than a hundredth of its text is not in the vocabulary; else nothing.</summary>
    public IEnumerable<string> UnknownNotice(string name)
    {
        if (_pieces is null) { yield break; }
        (long unknown, long all) = (_pieces.UnknownBytes, _pieces.Bytes);
        if (unknown > MostUnknown * all)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{Root}: {100.0 * unknown / all:0.0} % of the {name}'s text is not in the vocabulary ({unknown} of {all} bytes). "
                + $"One token stands for each such piece, so that bits per byte come out too low. "
                + $"Choose a vocabulary that has more of them, or set data.tokens = bytes.");
        }
    }

    /// <summary>Where a document is.</summary>
    public string NameOfDocument(int document)
    {
        (int file, int line, _, _) = _documents[document];
        return line == 0 ? _files[file] : string.Create(CultureInfo.InvariantCulture, $"{_files[file]}, line {line}");
    }
}
