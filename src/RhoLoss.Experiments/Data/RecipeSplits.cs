using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Text;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Data;

/// <summary>
/// Reads the data that section <c>data</c> names, with the labels of <c>data.labels</c>, before anything is made of them.
/// </summary>
internal static class RecipeSplits
{
    /// <summary>The parts of the set. The caller disposes them.</summary>
    /// <param name="data">The section.</param>
    /// <param name="asRead">Told of the parts before labels are replaced by those of <c>data.labels</c>; they are not its own.</param>
    /// <exception cref="InvalidInputException">Files are missing or damaged, or keys do not go together.</exception>
    public static DatasetSplits Load(DataSection data, Action<DatasetSplits>? asRead = null)
    {
        if (!DataKinds.IsOwnText(data.Set)) { RefuseKeysOfOwnText(data); }
        RefuseTokensOfNothing(data);
        string? directory = data.Directory.Length == 0 ? null : data.Directory;
        var options = new DatasetOptions(directory, data.HoldoutFraction, data.SplitSeed)
        {
            Text = new TextOptions(data.Vocabulary, data.MaxLength),
            OwnTexts = new OwnTextFiles(data.TrainingFile, data.TestFile, data.TestFraction, data.TextColumn, data.LabelColumn),
            Corpus = new CorpusOptions(
                data.Pool, data.Holdout, data.Test, data.SequenceLength, data.TextField, data.OnTask, data.TestFraction)
            {
                Vocabulary = data.Tokens == TokenChoice.Vocabulary ? data.Vocabulary : "",
            },
            ImageSize = data.ImageSize,
            SkipBad = data.SkipBad,
            Stream = new StreamOptions(data.LoaderThreads, CacheBytes: (long)data.CacheMegabytes << 20),
        };
        DatasetSplits splits = KnownDatasets.Load(data.Set, options);
        if (splits.Training.Tokens is not null && data.Augment == AugmentChoice.CropFlip)
        {
            splits.Dispose();
            throw new InvalidInputException($"data.augment = crop-flip is for images, but {data.Set} is text. Set it to none or auto.");
        }
        asRead?.Invoke(splits);
        if (splits.Training.Classes == 0 && data.Labels.Length > 0)
        {
            splits.Dispose();
            throw new InvalidInputException(
                $"data.labels gives classes to examples, but those of {data.Set} have none. Remove data.labels.");
        }
        return data.Labels.Length == 0 ? splits : LabelFile.Apply(data.Labels, splits);
    }

    /// <summary>Refuses a vocabulary that is not there, where one is read, before anything is loaded.</summary>
    /// <exception cref="InvalidInputException">So it is.</exception>
    public static void RequireVocabulary(DataSection data)
    {
        RefuseTokensOfNothing(data);
        if (DataKinds.Texts.Contains(data.Set) || IsCutByVocabulary(data)) { Vocabularies.Require(data.Vocabulary); }
    }

    private static bool IsCutByVocabulary(DataSection data) => DataKinds.IsCorpus(data.Set) && data.Tokens == TokenChoice.Vocabulary;

    private static void RefuseTokensOfNothing(DataSection data)
    {
        if (IsCutByVocabulary(data) && data.Vocabulary.Length == 0)
        {
            throw new InvalidInputException(
                "data.tokens = vocabulary cuts documents into the pieces of a vocabulary, but data.vocabulary is empty. Set it to the path "
                + $"of ALBERT's 30k-clean.vocab or BERT's vocab.txt, or to {TextOptions.Words} for the words of the pool, or set "
                + "data.tokens = bytes.");
        }
    }

    /// <summary>A file that nobody reads is a mistake that would otherwise go unnoticed.</summary>
    private static void RefuseKeysOfOwnText(DataSection data)
    {
        foreach ((string key, string value) in new[] { ("data.training-file", data.TrainingFile), ("data.test-file", data.TestFile) })
        {
            if (value.Length > 0)
            {
                throw new InvalidInputException(
                    $"{key} is only read with data.set = {OwnText.Name}, but data.set is {data.Set}. Set data.set, or remove {key}.");
            }
        }
    }
}
