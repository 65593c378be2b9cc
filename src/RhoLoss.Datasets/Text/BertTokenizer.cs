using RhoLoss.Datasets.Names;


namespace RhoLoss.Datasets.Text;

/// <summary>
/// BERT's tokenizer for lower case: words, each cut into the longest pieces of the vocabulary from left to
/// right; pieces inside a word begin with ##.
/// </summary>
public sealed class BertTokenizer : TextTokenizer
{
    /// <summary>Longer words are unknown as a whole, as published.</summary>
    private const int LongestWord = 100;

    /// <summary>Before a piece that goes on with a word.</summary>
    private const string Inside = "##";

    private readonly Dictionary<string, int> _ids;

    /// <summary>Creates the tokenizer.</summary>
    /// <param name="name">What it is, in words.</param>
    /// <param name="tokens">Tokens in id order; among them [PAD], [UNK], [CLS] and [SEP].</param>
    /// <exception cref="InvalidInputException">A token is there twice, or one of the four is not.</exception>
    public BertTokenizer(string name, IReadOnlyList<string> tokens) : this(name, tokens, Index(name, tokens)) { }

    private BertTokenizer(string name, IReadOnlyList<string> tokens, Dictionary<string, int> ids)
        : base(name, tokens, Find(name, ids, "[PAD]"), Find(name, ids, "[UNK]"), Find(name, ids, "[CLS]"), Find(name, ids, "[SEP]")) =>
        _ids = ids;

    private static Dictionary<string, int> Index(string name, IReadOnlyList<string> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < tokens.Count; id++)
        {
            if (!ids.TryAdd(tokens[id], id))
            {
                throw new InvalidInputException(
                    $"{name}, line {id + 1}: each token may be there once, but {Visible.Shown(tokens[id])} comes again. "
                    + "Give the official vocabulary.");
            }
        }
        return ids;
    }

    private static int Find(string name, Dictionary<string, int> ids, string special) => ids.TryGetValue(special, out int id) ? id
        : throw new InvalidInputException(
            $"{name}: a vocabulary of BERT's kind must have the token {special}, but has not. Give BERT's vocab.txt.");

    internal override void Encode(string text, List<int> ids, List<int>? starts)
    {
        (AlignedText left, List<Range> words) =
            WordSplitting.Split(TextNormalization.CanonicalWithoutAccents(new AlignedText(text)));
        foreach (Range word in words)
        {
            int before = ids.Count;
            if (!TryAddPieces(left, word, ids, starts))
            {
                ids.RemoveRange(before, ids.Count - before);   // one unknown piece makes the word unknown
                ids.Add(UnknownId);
                starts?.RemoveRange(before, starts.Count - before);
                starts?.Add(left.SourceOf(word.Start.Value));
            }
        }
    }

    private bool TryAddPieces(AlignedText text, Range place, List<int> ids, List<int>? starts)
    {
        string word = text.Text[place];
        if (word.Length > LongestWord) { return false; }
        for (int from = 0; from < word.Length;)
        {
            int end = word.Length;
            int id = -1;
            while (end > from && !_ids.TryGetValue(from == 0 ? word[..end] : Inside + word[from..end], out id)) { end--; }
            if (end == from) { return false; }
            ids.Add(id);
            starts?.Add(text.SourceOf(place.Start.Value + from));
            from = end;
        }
        return true;
    }

    internal override string Joined(int id, bool first)
    {
        string token = Tokens[id];
        return token.StartsWith(Inside, StringComparison.Ordinal) && token.Length > Inside.Length ? token[Inside.Length..]
            : first ? token : $" {token}";
    }
}
