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

    /// <inheritdoc/>
    public override IReadOnlyList<int> Encode(string text)
    {
        var ids = new List<int>();
        foreach (string word in WordSplitting.Split(TextNormalization.CanonicalWithoutAccents(text))) { AddPieces(word, ids); }
        return ids;
    }

    private void AddPieces(string word, List<int> ids)
    {
        if (word.Length > LongestWord)
        {
            ids.Add(UnknownId);
            return;
        }
        int before = ids.Count;
        for (int from = 0; from < word.Length;)
        {
            int end = word.Length;
            int id = -1;
            while (end > from && !_ids.TryGetValue(from == 0 ? word[..end] : "##" + word[from..end], out id)) { end--; }
            if (end == from)
            {
                ids.RemoveRange(before, ids.Count - before);   // one unknown piece makes the word unknown
                ids.Add(UnknownId);
                return;
            }
            ids.Add(id);
            from = end;
        }
    }
}
