using System.IO.Compression;

namespace RhoLoss.Datasets.Corpus;

/// <summary>
/// A pool of programs with a tenth of PostgreSQL's manual in it, of which other pages are the holdout and the test
/// (eng/make-messy-small.py made it; licences beside it).
/// </summary>
internal sealed class MessySmall() : BuiltInSource(
    new DatasetDescription(
        "messy-small", "PostgreSQL's manual within programs, 9.9 MB of text for a language model", [],
        "PostgreSQL, MIT, BSD-3-Clause and PSF-2.0, file by file", "Built in; nothing to get.",
        TrainingExamples: 38_311, TestExamples: 796)
    {
        IsCorpus = true,
        FixedSplit = "pool, holdout and test are files of their own",
        FetchedAutomatically = true,
    })
{
    private const string OnTask = "on-task.jsonl.gz", OffTask = "off-task.jsonl.gz";

    protected override DatasetSplits ReadSplits(DatasetOptions options)
    {
        RefuseFolder(options);
        CorpusOptions corpus = options.Corpus;
        corpus.Validate();
        (string Key, string Value)[] files =
            [("data.pool", corpus.Pool), ("data.holdout", corpus.Holdout), ("data.test", corpus.Test), ("data.on-task", corpus.OnTask)];
        if (files.FirstOrDefault(file => file.Value.Length > 0).Key is { } given)
        {
            throw new InvalidInputException(
                $"{Description.Name} is {BuiltIn} and reads no other files, but {given} is set. "
                + $"Remove it, or set data.set = \"{CorpusSource.Name}\" for documents of your own.");
        }
        string[] ofPool = [OffTask, OnTask];
        var tokens = CorpusTokens.For(corpus, ofPool.Select(NameOf).SelectMany(DocumentsOf));
        CorpusPart pool = Read(corpus, tokens, "pool", ofPool);
        CorpusPart? sample = options.HoldoutFraction == 0 ? null : Read(corpus, tokens, "holdout", "holdout.jsonl.gz");
        CorpusPart test = Read(corpus, tokens, "test", "test.jsonl.gz");
        var parts = new CorpusParts(Description.Name, "built-in documents: PostgreSQL's manual within programs", pool, sample, test);
        // What is left out of documents is nothing that a user could mend; a vocabulary is.
        DatasetSplits splits = parts.ToSplits(() => Provenance.OffTask(pool, file => file == NameOf(OnTask), OnTask));
        return splits with
        {
            Notices = [.. pool.UnknownNotice("pool"), .. sample?.UnknownNotice("holdout") ?? [], .. test.UnknownNotice("test")],
        };
    }

    protected override DatasetCheck CheckSplits(DatasetOptions options)
    {
        using DatasetSplits splits = ReadSplits(options);
        return CorpusParts.Check(splits);
    }

    private CorpusPart Read(CorpusOptions options, CorpusTokens tokens, string part, params string[] files) =>
        CorpusPart.Cut($"built-in {part}", files.Select(NameOf), DocumentsOf, tokens, options);

    private IEnumerable<Document> DocumentsOf(string name)
    {
        using var content = new GZipStream(Open(name[NameOf("").Length..]), CompressionMode.Decompress);
        foreach (Document document in DocumentReader.Read(content, name, textField: "text")) { yield return document; }
    }

    private static string NameOf(string file) => $"built-in {file}";
}
