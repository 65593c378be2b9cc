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

    private WordTokenizer(string[] tokens)
        : base($"{Counted.Of(tokens.Length, "word")} of the training file", tokens, paddingId: 0, unknownId: 1, startId: 2, endId: 3) =>
        _ids = tokens.Index().Skip(Special.Length).ToDictionary(t => t.Item, t => t.Index, StringComparer.Ordinal);

    internal override string UnknownAdvice =>
        "It has the words that come twice in the training file: check that the column is the one of the texts, "
        + "give more of them, or set data.vocabulary to one that comes with its words.";

    /// <summary>Counts the words of these texts and keeps those that come twice, most frequent first, equals in ordinal order.</summary>
    public static WordTokenizer Of(IEnumerable<string> texts)
    {
        IEnumerable<KeyValuePair<string, int>> counts = texts.SelectMany(Words).CountBy(word => word, StringComparer.Ordinal);
        IEnumerable<string> kept = counts
            .Where(c => c.Value >= FewestOccurrences)
            .OrderByDescending(c => c.Value)
            .ThenBy(c => c.Key, StringComparer.Ordinal)
            .Select(c => c.Key)
            .Take(MostTokens - Special.Length);
        return new WordTokenizer([.. Special, .. kept]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Encode(string text) => [.. Words(text).Select(word => _ids.GetValueOrDefault(word, UnknownId))];

    private static List<string> Words(string text) => WordSplitting.Split(TextNormalization.CompatibleWithoutAccents(text));
}
