using RhoLoss.Datasets;
using static RhoLoss.Experiments.Recipes.Decides;
using static RhoLoss.Experiments.Recipes.RecipeRule;
using static RhoLoss.Experiments.Recipes.RecipeValueKind;

namespace RhoLoss.Experiments.Recipes;

/// <content>Section <c>data</c>.</content>
public static partial class RecipeKeys
{
    private static RecipeKey[] OfData =>
    [
        new("data.set", Text, "fashion-mnist-subset", NotEmpty,
            "dataset; text: your own texts with labels; corpus: your own documents, for a language model"),
        new("data.directory", Text, "", Anything, "where its files are; empty: the known places")
            { IsPath = true, IsFolder = true, Decides = Nothing },
        new("data.holdout-fraction", Real, 0.5, ShareBelowOne,
            "share of the training files kept as holdout for the irreducible-loss model; "
            + "0: all of them train, for a cross-fit or methods without irreducible losses"),
        new("data.split-seed", WholeNumber, 0L, Seed, "seed of the split into training set and holdout"),
        new("data.long-tail", Real, 1.0, Ratio,
            "size of the most frequent class over that of the rarest, exponential in between, "
            + "in training set and holdout; 1: as they are"),
        new("data.relevance-classes", WholeNumber, 0L, AtLeast(0),
            "classes that stay whole while the others are thinned out and count as less relevant, "
            + "in training set and holdout; CIFAR-100 Relevance: 20; 0: none are"),
        new("data.relevance-share", Real, 0.06, PositiveShare, "share that is kept of the other classes"),
        new("data.duplicate", WholeNumber, 1L, AtLeast(1),
            "times every training example is there, after noise, so that its copies share their label"),
        new("data.augment", Text, "auto", OneOf("auto", "none", "crop-flip"),
            "augmentation of training inputs; auto: what the dataset usually gets"),
        new("data.labels", Text, "", Anything,
            "CSV or TSV file with columns id and label (or class-name, or class-index): "
            + "other labels for examples of training set and holdout, before noise; empty: none")
            { IsPath = true, Decides = Nothing },
        new("data.pool", Text, "", Anything,
            "corpus: file or folder of the documents to select from, .txt or .jsonl, also .gz; empty: what is called so in data.directory")
            { IsPath = true, Below = "data.directory", Decides = Nothing },
        new("data.holdout", Text, "", Anything, "corpus: the sample of what is wanted; empty: what is called so in data.directory")
            { IsPath = true, Below = "data.directory", Decides = Nothing },
        new("data.test", Text, "", Anything,
            "corpus: documents to test on; empty: what is called so in data.directory, else a share of the holdout's")
            { IsPath = true, Below = "data.directory", Decides = Nothing },
        new("data.tokens", Text, "bytes", OneOf("bytes", "vocabulary"),
            "corpus: what documents are cut into; vocabulary: the pieces of data.vocabulary"),
        new("data.sequence-length", WholeNumber, (long)CorpusOptions.DefaultLength,
            Between(CorpusOptions.ShortestLength, CorpusOptions.LongestLength), "corpus: tokens of a sequence"),
        new("data.text-field", Text, "text", NotEmpty, "corpus: field of the text in .jsonl files") { Decides = Nothing },
        new("data.on-task", Text, "", Anything,
            "corpus: file or folder below data.pool whose documents are known to be on task, for the shares that are reported; "
            + "empty: unknown")
            { Decides = Run },
        new("data.vocabulary", Text, "", Anything,
            "text, and a corpus with data.tokens = vocabulary: path of ALBERT's or BERT's vocabulary; "
            + "words: the words of the training file or pool; empty: the one in the cache, for text alone")
            { IsPath = true, IsWord = word => word == TextOptions.Words, Decides = Nothing },
        new("data.max-length", WholeNumber, 128L, SequenceLength, "text: tokens of the longest sequence; longer texts lose their end"),
        new("data.training-file", Text, "", Anything,
            "your own texts, CSV or TSV, relative to data.directory; empty: train.csv or train.tsv there")
            { IsPath = true, Below = "data.directory", Decides = Nothing },
        new("data.test-file", Text, "", Anything,
            "your own texts for the test; empty: test.csv or test.tsv, else a share of the training file")
            { IsPath = true, Below = "data.directory", Decides = Nothing },
        new("data.test-fraction", Real, 0.1, Share, "your own texts: that share of each class; corpus: of the holdout's documents"),
        new("data.text-column", Text, "text", NotEmpty, "your own texts: header of the texts"),
        new("data.label-column", Text, "label", NotEmpty, "your own texts: header of the labels"),
        new("data.image-size", WholeNumber, 0L, Between(0, 4096),
            "side in pixels at which image files are read; 0: the dataset's own, 32 for cinic-10, 224 for clothing-1m and image-folder"),
        new("data.skip-bad", Switch, false, Anything,
            "leave out image files that cannot be read, after decoding each once, instead of stopping at the first")
            { Decides = Nothing },
        new("data.loader-threads", WholeNumber, 1L, AtLeast(1),
            "threads that decode image files ahead of the training loop; without effect on what is read")
            { Decides = Nothing },
        new("data.cache-megabytes", WholeNumber, 512L, AtLeast(0),
            "decoded images kept in memory for later epochs, for each of training set, holdout and test set")
            { Decides = Nothing },
    ];
}
