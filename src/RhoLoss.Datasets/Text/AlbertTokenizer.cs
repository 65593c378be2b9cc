using RhoLoss.Datasets.Names;


namespace RhoLoss.Datasets.Text;

/// <summary>
/// ALBERT's tokenizer: a SentencePiece unigram model (Kudo, 2018). Of all ways to write the text as pieces of the vocabulary it takes the
/// one with the largest sum of log probabilities (Viterbi).
/// </summary>
public sealed class AlbertTokenizer : TextTokenizer
{
    /// <summary>Stands for a space, and before the text.</summary>
    private const char Space = '\u2581';

    /// <summary>SentencePiece's penalty: an unknown character scores this much below the least probable piece.</summary>
    private const float UnknownPenalty = 10;

    /// <summary>
    /// SentencePiece makes pieces of 16 characters at most unless told otherwise; looking for much longer ones at every character takes
    /// minutes.
    /// </summary>
    private const int LongestPiece = 256;

    private readonly float[] _scores;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly float _unknownScore;
    private readonly int _longest;

    /// <summary>Creates the tokenizer.</summary>
    /// <param name="name">What it is, in words.</param>
    /// <param name="pieces">Pieces in id order with their log probabilities; among them &lt;pad&gt;, &lt;unk&gt;, [CLS] and [SEP].</param>
    /// <exception cref="InvalidInputException">A piece is there twice or very long, or one of the four is not there.</exception>
    public AlbertTokenizer(string name, IReadOnlyList<(string Piece, float Score)> pieces)
        : base(
            name,
            [.. (pieces ?? throw new ArgumentNullException(nameof(pieces))).Select(p => p.Piece)],
            Find(name, pieces, "<pad>"), Find(name, pieces, "<unk>"), Find(name, pieces, "[CLS]"), Find(name, pieces, "[SEP]"))
    {
        _scores = [.. pieces.Select(p => p.Score)];
        int[] control = [PaddingId, UnknownId, StartId, EndId, .. pieces.Index().Where(p => p.Item.Piece == "[MASK]").Select(p => p.Index)];
        for (int id = 0; id < pieces.Count; id++)
        {
            if (control.Contains(id)) { continue; }   // they do not stand for text
            if (!_ids.TryAdd(pieces[id].Piece, id))
            {
                throw new InvalidInputException(
                    $"{name}, line {id + 1}: each piece may be there once, but {Visible.Shown(pieces[id].Piece)} comes again. "
                    + "Give the official vocabulary.");
            }
        }
        if (pieces.Index().FirstOrDefault(p => p.Item.Piece.Length > LongestPiece) is { Item.Piece: not null } tooLong)
        {
            throw new InvalidInputException(
                $"{name}, line {tooLong.Index + 1}: a piece may have {LongestPiece} characters, but this one has "
                + $"{tooLong.Item.Piece.Length}. Give the official vocabulary.");
        }
        _longest = _ids.Keys.Select(p => p.Length).DefaultIfEmpty(1).Max();
        _unknownScore = _ids.Values.Select(id => _scores[id]).DefaultIfEmpty(0).Min() - UnknownPenalty;
    }

    private static int Find(string name, IReadOnlyList<(string Piece, float Score)> pieces, string special)
    {
        int id = pieces.Index().Where(p => p.Item.Piece == special).Select(p => p.Index).DefaultIfEmpty(-1).First();
        return id >= 0
            ? id
            : throw new InvalidInputException(
                $"{name}: a vocabulary of ALBERT's kind must have the piece {special}, but has not. Give ALBERT's 30k-clean.vocab.");
    }

    internal override void Encode(string text, List<int> ids, List<int>? starts)
    {
        AlignedText marked = Mark(Normalize(text));
        foreach (Range piece in Segment(marked.Text)) { AddPiece(marked.Text[piece], piece.Start.Value); }

        void AddPiece(string piece, int at)
        {
            // "2011," is one piece in running text; ALBERT cuts numbers before the comma, so that it always is the same token.
            if (piece.Length > 1 && piece[^1] == ',' && char.IsAsciiDigit(piece[^2]) && _ids.TryGetValue(",", out int comma))
            {
                string number = piece[..^1];
                bool begins = number[0] == Space;
                string again = begins ? number : Space + number;
                List<string> cut = [.. Segment(again).Select(r => again[r])];
                if (!begins)
                {
                    if (cut[0].Length == 1) { cut.RemoveAt(0); }
                    else { cut[0] = cut[0][1..]; }
                }
                foreach (string part in cut)
                {
                    Add(_ids.GetValueOrDefault(part, UnknownId), at);
                    at += part.Length;
                }
                Add(comma, at);
            }
            else { Add(_ids.GetValueOrDefault(piece, UnknownId), at); }
        }

        void Add(int id, int at)
        {
            ids.Add(id);
            starts?.Add(marked.SourceOf(at));
        }
    }

    internal override string Joined(int id, bool first)
    {
        string text = Tokens[id].Replace(Space, ' ');
        return first && text.StartsWith(' ') ? text[1..] : text;
    }

    /// <summary>`` and '' to ", NFKD without accents, lower case.</summary>
    private static AlignedText Normalize(string text)
    {
        var quoted = new AlignedText.Builder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            bool pair = i + 1 < text.Length && text[i] is '`' or '\'' && text[i] == text[i + 1];
            quoted.Append(pair ? "\"" : text.AsSpan(i, 1), i);
            if (pair) { i++; }
        }
        return TextNormalization.CompatibleWithoutAccents(quoted.ToText());
    }

    /// <summary>The words, each behind a mark; white space between them vanishes.</summary>
    private static AlignedText Mark(AlignedText text)
    {
        var marked = new AlignedText.Builder(text.Text.Length + 1);
        bool inside = false;
        for (int i = 0; i < text.Text.Length; i++)
        {
            if (char.IsWhiteSpace(text.Text[i]))
            {
                inside = false;
                continue;
            }
            if (!inside) { marked.Append([Space], text.SourceOf(i)); }
            inside = true;
            marked.Append(text.Text.AsSpan(i, 1), text.SourceOf(i));
        }
        return marked.ToText();
    }

    /// <summary>The most probable pieces from left to right; unknown characters that follow each other are one.</summary>
    private List<Range> Segment(string text)
    {
        var best = new float[text.Length + 1];
        var start = new int[text.Length + 1];
        var known = new bool[text.Length + 1];
        Array.Fill(best, float.NegativeInfinity);
        best[0] = 0;
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int from = 0; from < text.Length; from++)
        {
            if (float.IsNegativeInfinity(best[from])) { continue; }   // the second half of a character
            int character = char.IsSurrogatePair(text, from) ? 2 : 1;
            bool single = false;
            for (int length = character; length <= _longest && from + length <= text.Length; length++)
            {
                if (!lookup.TryGetValue(text.AsSpan(from, length), out int id)) { continue; }
                single |= length == character;
                Consider(from, length, _scores[id], isKnown: true);
            }
            if (!single) { Consider(from, character, _unknownScore, isKnown: false); }
        }
        return Trace(start, known);

        void Consider(int from, int length, float score, bool isKnown)
        {
            if (best[from] + score <= best[from + length]) { return; }
            best[from + length] = best[from] + score;
            start[from + length] = from;
            known[from + length] = isKnown;
        }
    }

    private static List<Range> Trace(int[] start, bool[] known)
    {
        var pieces = new List<Range>();
        int end = start.Length - 1;
        while (end > 0)
        {
            int from = start[end];
            while (!known[end] && from > 0 && !known[from]) { from = start[from]; }
            pieces.Add(from..end);
            end = from;
        }
        pieces.Reverse();
        return pieces;
    }
}
