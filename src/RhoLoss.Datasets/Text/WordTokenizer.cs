namespace RhoLoss.Datasets.Text;

/// <summary>
/// Whole words of the training texts, for data without a vocabulary of their own: no file to get, and
/// nothing known about words not seen twice.
/// </summary>
public sealed class WordTokenizer : TextTokenizer
{
    /// <summary>Most words that are kept; ALBERT's number.</summary>
    public const int MostTokens = 30_000;

    /// <summary>A word seen once cannot be learnt from; it is unknown.</summary>
    private const int FewestOccurrences = 2;

    private static readonly string[] Special = ["<pad>", "<unk>", "[CLS]", "[SEP]"];
    private readonly Dictionary<string, int> _ids;

    private WordTokenizer(string[] tokens, string source)
        : base($"{Counted.Of(tokens.Length, "word")} of the {source}", tokens, paddingId: 0, unknownId: 1, startId: 2, endId: 3) =>
        _ids = tokens.Index().Skip(Special.Length).ToDictionary(t => t.Item, t => t.Index, StringComparer.Ordinal);

    internal override string UnknownAdvice =>
        "It has the words that come twice in the training file: check that the column is the one of the texts, "
        + "give more of them, or set data.vocabulary to one that comes with its words.";

    /// <summary>Counts the words of these texts and keeps those that come twice, most frequent first, equals in ordinal order.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="source">What they are of, in words.</param>
    public static WordTokenizer Of(IEnumerable<string> texts, string source = "training file")
    {
        IEnumerable<KeyValuePair<string, int>> counts = texts.SelectMany(WordsOf).CountBy(word => word, StringComparer.Ordinal);
        IEnumerable<string> kept = counts
            .Where(c => c.Value >= FewestOccurrences)
            .OrderByDescending(c => c.Value)
            .ThenBy(c => c.Key, StringComparer.Ordinal)
            .Select(c => c.Key)
            .Take(MostTokens - Special.Length);
        return new WordTokenizer([.. Special, .. kept], source);
    }

    internal override void Encode(string text, List<int> ids, List<int>? starts)
    {
        (AlignedText left, List<Range> words) = Split(text);
        foreach (Range word in words)
        {
            ids.Add(_ids.GetValueOrDefault(left.Text[word], UnknownId));
            starts?.Add(left.SourceOf(word.Start.Value));
        }
    }

    internal override string Joined(int id, bool first) => first ? Tokens[id] : $" {Tokens[id]}";

    private static IEnumerable<string> WordsOf(string text)
    {
        (AlignedText left, List<Range> words) = Split(text);
        return words.Select(word => left.Text[word]);
    }

    private static (AlignedText Left, List<Range> Words) Split(string text) =>
        WordSplitting.Split(TextNormalization.CompatibleWithoutAccents(new AlignedText(text)));
}
