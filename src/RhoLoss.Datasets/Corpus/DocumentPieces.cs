using System.Buffers;
using System.Text;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets.Corpus;

/// <summary>
/// Makes the pieces of documents, word by word: what stands between blanks becomes the same pieces whatever is around it, so that words
/// that come again are looked up.
/// </summary>
/// <param name="tokenizer">Makes the pieces of a word.</param>
internal sealed class DocumentPieces(TextTokenizer tokenizer)
{
    /// <summary>Bytes that are read as one word at most, so that a document without blanks does not become one of megabytes.</summary>
    private const int LongestWord = 1 << 16;

    /// <summary>Bytes of words that are remembered, and their number: some 40 MB.</summary>
    private const int LongestRemembered = 64, MostRemembered = 1 << 18;

    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);
    private readonly Dictionary<string, (int Id, int Start)[]> _remembered = new(StringComparer.Ordinal);
    private readonly List<int> _ids = [], _starts = [];

    /// <summary>The pieces of a document.</summary>
    /// <param name="text">Its text in UTF-8.</param>
    /// <param name="ids">Where their ids go; emptied first.</param>
    /// <param name="starts">Where the first byte of each goes, ascending; emptied first.</param>
    public void Read(ReadOnlySpan<byte> text, List<int> ids, List<int> starts)
    {
        ids.Clear();
        starts.Clear();
        for (int at = 0; at < text.Length;)
        {
            int blanks = text[at..].IndexOfAnyExcept(Blanks);
            if (blanks < 0) { return; }
            at += blanks;
            ReadOnlySpan<byte> word = WordAt(text[at..]);
            foreach ((int id, int start) in PiecesOf(word))
            {
                ids.Add(id);
                starts.Add(at + start);
            }
            at += word.Length;
        }
    }

    private static ReadOnlySpan<byte> WordAt(ReadOnlySpan<byte> text)
    {
        int end = text[..Math.Min(text.Length, LongestWord + 1)].IndexOfAny(Blanks);
        if (end < 0) { end = Math.Min(text.Length, LongestWord); }
        while (end < text.Length && (text[end] & 0xC0) == 0x80) { end--; }   // not inside a character
        return text[..end];
    }

    private (int Id, int Start)[] PiecesOf(ReadOnlySpan<byte> word)
    {
        if (word.Length > LongestRemembered) { return Encode(Encoding.UTF8.GetString(word)); }
        Span<char> characters = stackalloc char[LongestRemembered];
        ReadOnlySpan<char> text = characters[..Encoding.UTF8.GetChars(word, characters)];
        Dictionary<string, (int Id, int Start)[]>.AlternateLookup<ReadOnlySpan<char>> lookup =
            _remembered.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(text, out (int Id, int Start)[]? pieces)) { return pieces; }
        pieces = Encode(text.ToString());
        if (_remembered.Count < MostRemembered) { lookup[text] = pieces; }
        return pieces;
    }

    private (int Id, int Start)[] Encode(string word)
    {
        _ids.Clear();
        _starts.Clear();
        tokenizer.Encode(word, _ids, _starts);
        var pieces = new (int Id, int Start)[_ids.Count];
        (int counted, int bytes) = (0, 0);
        for (int i = 0; i < pieces.Length; i++)
        {
            bytes += Encoding.UTF8.GetByteCount(word.AsSpan(counted, _starts[i] - counted));
            counted = _starts[i];
            pieces[i] = (_ids[i], bytes);
        }
        return pieces;
    }
}
