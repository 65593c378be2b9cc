using System.Globalization;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Corpus;

/// <summary>
/// Reads documents for a language model: a pool to select from, a sample of what is wanted (the holdout), and documents to test on. Each
/// document is cut into sequences of tokens. Ids are positions among the sequences of the pool, and behind them those of the holdout.
/// </summary>
public sealed class CorpusSource : DatasetSource
{
    /// <summary>The name in recipes.</summary>
    public const string Name = "corpus";

    internal CorpusSource() : base(
        new DatasetDescription(Name, "documents for a language model", [], "that of your documents",
            "Put pool, holdout and test (folders of text files, or .jsonl files) into FOLDER, and set data.directory=FOLDER.", 0, 0)
        {
            IsOwn = true,
            IsCorpus = true,
            FixedSplit = "pool, holdout and test are files of their own",
        })
    {
    }

    /// <inheritdoc/>
    protected override string Content => "documents";

    /// <summary>A folder with a pool and a holdout.</summary>
    public override DatasetOptions? OptionsFor(string path) =>
        Directory.Exists(path) && CorpusFiles.PartIn(path, "pool") is not null && CorpusFiles.PartIn(path, "holdout") is not null
            ? new DatasetOptions(path) : null;

    /// <inheritdoc/>
    protected override DatasetSplits ReadSplits(DatasetOptions options)
    {
        CorpusOptions corpus = options.Corpus;
        corpus.Validate();
        string place = PlaceOf(options, corpus.Pool, "pool")
            ?? throw Missing(options, "pool", "the documents that training selects from");
        var tokens = CorpusTokens.For(
            corpus, CorpusFiles.Below(place, "data.pool").SelectMany(file => DocumentReader.Read(file, corpus.TextField)));
        CorpusPart pool = Read(corpus, tokens, place, "pool")!;
        CorpusPart? sample = options.HoldoutFraction == 0 ? null
            : Read(corpus, tokens, PlaceOf(options, corpus.Holdout, "holdout"), "holdout")
                ?? throw Missing(options, "holdout", "a sample of what is wanted (or set data.holdout-fraction = 0 for none)");
        CorpusPart? test = Read(corpus, tokens, PlaceOf(options, corpus.Test, "test"), "test");
        string source = $"{pool.Root}; holdout {sample?.Root ?? "none"}; test {test?.Root ?? "of the holdout"}";
        if (test is null)
        {
            if (sample is null) { throw Missing(options, "test", "documents to test on"); }
            (sample, test) = Split(sample, corpus.TestFraction, options.SplitSeed);
        }
        Tensor? OffTask() => corpus.OnTask.Length > 0 ? Provenance.OffTask(pool, corpus.OnTask) : null;
        return new CorpusParts(Name, source, pool, sample, test).ToSplits(OffTask);
    }

    private static string? PlaceOf(DatasetOptions options, string given, string part)
    {
        string directory = options.Directory ?? "";
        return given.Length > 0 ? Path.Combine(directory, given)
            : directory.Length > 0 ? CorpusFiles.PartIn(directory, part) : null;
    }

    private static CorpusPart? Read(CorpusOptions corpus, CorpusTokens tokens, string? path, string part)
    {
        if (path is null) { return null; }
        var read = CorpusPart.Read(path, CorpusFiles.Below(path, $"data.{part}"), tokens, corpus);
        if (read.Count == 0)
        {
            throw new InvalidInputException(
                $"{path}: there is no text of {CorpusPart.ShortestPiece} bytes or more in it. Name files with text in data.{part}.");
        }
        if (part == "pool" && read.Count == 1)
        {
            throw new InvalidInputException(
                $"{path}: the pool is one sequence, of {Counted.Of(read.TokenCount, tokens.Word)}, so there is nothing to select from. "
                + "Give more documents, or set a smaller data.sequence-length.");
        }
        if (part != "pool" && read.TokenCount < corpus.SequenceLength)
        {
            throw new InvalidInputException(
                $"{path}: the {part} has {Counted.Of(read.TokenCount, tokens.Word)} of text, fewer than one sequence of "
                + string.Create(CultureInfo.InvariantCulture, $"{corpus.SequenceLength}. ")
                + $"Give more text, or set a smaller data.sequence-length.");
        }
        return read;
    }

    private static InvalidInputException Missing(DatasetOptions options, string part, string what)
    {
        string where = options.Directory is { Length: > 0 } directory
            ? $"{directory}: there is no {part} in it (a folder, or a file such as {part}.jsonl or {part}.txt), and data.{part} is empty"
            : $"data.{part} is empty, and so is data.directory";
        return new InvalidInputException($"{where}. Set data.{part} to the file or folder of {what}.");
    }

    /// <summary>Documents of the test set, drawn by a function of seed and position, and the others.</summary>
    private static (CorpusPart Sample, CorpusPart Test) Split(CorpusPart all, double fraction, long seed)
    {
        int[] documents = [.. Enumerable.Range(0, all.Hashes.Count).OrderBy(i => Seeding.Mix(Seeding.Mix(seed, 21), i))];
        int tested = (int)Math.Round(documents.Length * fraction);
        if (tested == 0 || tested == documents.Length)
        {
            throw new InvalidInputException(
                $"{all.Root}: without data.test a share of the holdout's documents is the test set, but of its "
                + $"{Counted.Of(documents.Length, "document")} "
                + string.Create(CultureInfo.InvariantCulture, $"the share {fraction} leaves ")
                + $"{(tested == 0 ? "none for the test" : "no holdout")}. "
                + "Give more documents, or name documents to test on with data.test.");
        }
        return (all.Of(documents[tested..].ToHashSet()), all.Of(documents[..tested].ToHashSet()));
    }

    /// <summary>Reads a corpus as a recipe does, and counts its sequences.</summary>
    protected override DatasetCheck CheckSplits(DatasetOptions options)
    {
        using DatasetSplits splits = ReadSplits(options);
        return CorpusParts.Check(splits);
    }
}
