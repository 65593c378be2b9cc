using System.Runtime.InteropServices;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets.Corpus;

/// <summary>Cuts documents into sequences of pieces, and keeps what text of its document each sequence stands for.</summary>
internal sealed class CutPieces
{
    private readonly DocumentPieces _pieces;
    private readonly int _unknownId, _length;
    private readonly List<int> _ids = [], _starts = [];
    private readonly List<(int Start, int Bytes, int Unknown)> _texts;   // of each sequence

    /// <summary>Makes sequences of a tokenizer's pieces.</summary>
    /// <param name="tokenizer">Makes the pieces.</param>
    /// <param name="length">Pieces of a sequence.</param>
    public CutPieces(TextTokenizer tokenizer, int length) : this(new DocumentPieces(tokenizer), tokenizer.UnknownId, length, []) { }

    private CutPieces(DocumentPieces pieces, int unknownId, int length, List<(int Start, int Bytes, int Unknown)> texts) =>
        (_pieces, _unknownId, _length, _texts) = (pieces, unknownId, length, texts);

    /// <summary>Pieces of the document that was cut last.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_ids);

    /// <summary>Bytes of text that all sequences stand for.</summary>
    public long Bytes => _texts.Sum(text => (long)text.Bytes);

    /// <summary>Bytes of text whose pieces are not in the vocabulary: one piece may stand for a paragraph.</summary>
    public long UnknownBytes => _texts.Sum(text => (long)text.Unknown);

    /// <summary>The text that a sequence stands for: where in its document its first piece begins, and its bytes up to the next.</summary>
    public (int Start, int Bytes) this[long row] => (_texts[(int)row].Start, _texts[(int)row].Bytes);

    /// <summary>The same of these sequences alone.</summary>
    public CutPieces Of(IEnumerable<int> rows) => new(_pieces, _unknownId, _length, [.. rows.Select(row => _texts[row])]);

    /// <summary>
    /// Cuts a document. A sequence stands for the text from its first piece to that of the next sequence, the last one to the document's
    /// end.
    /// </summary>
    /// <param name="text">Its text in UTF-8.</param>
    /// <param name="fewest">Bytes that the last sequence must stand for; with fewer it is left out.</param>
    /// <param name="add">Told of each sequence: position of its first piece in the document, and number of pieces.</param>
    /// <returns>Bytes that are left out.</returns>
    public int Cut(ReadOnlySpan<byte> text, int fewest, Action<int, int> add)
    {
        _pieces.Read(text, _ids, _starts);
        int leftOut = _ids.Count == 0 ? text.Length : 0;
        for (int at = 0; at < _ids.Count; at += _length)
        {
            int length = Math.Min(_length, _ids.Count - at), next = at + length;
            int bytes = (next < _ids.Count ? _starts[next] : text.Length) - _starts[at];
            if (bytes < fewest && next == _ids.Count)
            {
                leftOut += bytes;
                break;
            }
            _texts.Add((_starts[at], bytes, UnknownBytesOf(at, next, text.Length)));
            add(at, length);
        }
        return leftOut;
    }

    private int UnknownBytesOf(int at, int end, int documentBytes)
    {
        int bytes = 0;
        for (int i = at; i < end; i++)
        {
            if (_ids[i] == _unknownId) { bytes += (i + 1 < _ids.Count ? _starts[i + 1] : documentBytes) - _starts[i]; }
        }
        return bytes;
    }
}
