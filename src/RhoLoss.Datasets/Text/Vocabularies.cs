using System.Globalization;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Names;
using RhoLoss.Datasets.Tables;

namespace RhoLoss.Datasets.Text;

/// <summary>Finds and reads vocabularies.</summary>
public static class Vocabularies
{
    /// <summary>Folder in the user's cache, and the names looked for in it, first one first.</summary>
    private const string CacheFolder = "vocabulary";
    private static readonly string[] CachedNames =
        ["30k-clean.vocab", "albert-30k-clean.vocab", "vocab.txt", "bert-base-uncased-vocab.txt"];

    /// <summary>The tokenizer that <see cref="TextOptions.Vocabulary"/> asks for.</summary>
    /// <param name="options">Which one.</param>
    /// <param name="trainingTexts">Where the words come from if it asks for words.</param>
    /// <exception cref="InvalidInputException">There is no such vocabulary, or it is damaged.</exception>
    public static TextTokenizer Open(TextOptions options, IEnumerable<string> trainingTexts)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Vocabulary == TextOptions.Words ? WordTokenizer.Of(trainingTexts) : Read(PathOf(options.Vocabulary));
    }

    /// <summary>Refuses a vocabulary that is not there, before anything is loaded or trained.</summary>
    /// <param name="vocabulary">As <see cref="TextOptions.Vocabulary"/>.</param>
    /// <exception cref="InvalidInputException">So it is.</exception>
    public static void Require(string vocabulary)
    {
        if (vocabulary != TextOptions.Words) { _ = PathOf(vocabulary); }
    }

    private static string PathOf(string vocabulary) =>
        vocabulary.Length == 0 ? Cached(DatasetCache.ForUser())
            : File.Exists(vocabulary) ? vocabulary
            : throw new InvalidInputException($"{vocabulary}: no such file, so there is no vocabulary. Set data.vocabulary to {Choices}.");

    private static string Choices =>
        $"the path of ALBERT's 30k-clean.vocab or BERT's vocab.txt, or to {TextOptions.Words} for the words of the training file or pool";

    /// <summary>The vocabulary in a cache.</summary>
    internal static string Cached(DatasetCache cache)
    {
        string folder = Path.Combine(cache.Root, CacheFolder);
        return CachedNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? throw new InvalidInputException(
            $"Text needs a vocabulary, but data.vocabulary is empty and {folder} holds none of {string.Join(", ", CachedNames)}. "
            + $"Set data.vocabulary to {Choices}, or copy such a file there. "
            + "ALBERT's is in https://storage.googleapis.com/albert_models/albert_base_v2.tar.gz.");
    }

    /// <summary>Reads pieces with scores (a tab in each line) as ALBERT's, single tokens as BERT's.</summary>
    /// <exception cref="InvalidInputException">The file is neither.</exception>
    public static TextTokenizer Read(string path)
    {
        string[] lines = TextFile.ReadLines(path);
        string name = $"vocabulary {Path.GetFileName(path)}";
        if (!lines[0].Contains('\t', StringComparison.Ordinal)) { return new BertTokenizer(name, lines); }
        return new AlbertTokenizer(name, [.. lines.Select((line, i) =>
            line.Split('\t') is [{ Length: > 0 } piece, var score]
                && float.TryParse(score, NumberStyles.Float, CultureInfo.InvariantCulture, out float number)
                && float.IsFinite(number)
                ? (piece, number)
                : throw new InvalidInputException(
                    $"{path}, line {i + 1}: a line must be a piece, a tab and its score, but is {Visible.Shown(line)}. "
                    + "Give ALBERT's 30k-clean.vocab as it is."))]);
    }
}
