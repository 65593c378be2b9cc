using System.Text;
using RhoLoss.Datasets;
using RhoLoss.Datasets.Corpus;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Documents for a language model: text files and JSON lines, plain and gzipped, as pool, holdout and test.</summary>
internal sealed class CorpusReader : FuzzReader
{
    private static readonly byte[] Lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 12).Select(i =>
        $"{{\"id\": {i}, \"more\": {{\"text\": [null, true]}}, "
        + $"\"text\": \"Satz {i} über \\\"Ähren\\\" \\u732b\\ud83d\\ude00 und\\nmehr\"}}\r\n")
        .Append("\n{\"text\": \" \"}\n")));
    private static readonly byte[] Plain = Encoding.UTF8.GetBytes("\uFEFFA document\tof several lines,\n"
        + string.Concat(Enumerable.Range(0, 8).Select(i => $"of which this is {i}: 猫\n")));
    private static readonly (string FileName, byte[] Bytes)[] Others =
    [
        ("pool/on/a.txt", Encoding.UTF8.GetBytes("a document of the pool that is known to be on task")),
        ("pool/off.txt", Encoding.UTF8.GetBytes("and one that is not, so that there is something to choose from")),
        ("pool/.hidden", [0]),
        ("holdout.jsonl", Encoding.UTF8.GetBytes("{\"text\": \"a sample of what is wanted\"}\n{\"text\": \"and another sample of it\"}\n")),
    ];

    public override string Name => "corpus";

    public override IReadOnlyList<string> Sources { get; } =
    [
        "RhoLoss.Datasets/Corpus/DocumentReader.cs", "RhoLoss.Datasets/Corpus/LineReader.cs", "RhoLoss.Datasets/Corpus/CorpusFiles.cs",
        "RhoLoss.Datasets/Corpus/CorpusPart.cs", "RhoLoss.Datasets/Corpus/CorpusParts.cs", "RhoLoss.Datasets/Corpus/CorpusSource.cs",
        "RhoLoss.Datasets/Corpus/SharedDocuments.cs", "RhoLoss.Datasets/Corpus/Provenance.cs",
    ];

    public override IReadOnlyList<string> NotReading { get; } =
        ["CorpusSource.cs:OptionsFor", "CorpusSource.cs:CheckSplits", "CorpusParts.cs:Check", "CorpusSource.cs:get_Content"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        .. Enumerable.Repeat(new FuzzInput("pool/more.jsonl", Lines) { Beside = Others }, 3),
        new FuzzInput("pool/more.txt", Plain) { Beside = Others },
        new FuzzInput("pool/more.jsonl.gz", Gzip.Compress(Lines)) { Beside = Others },
        new FuzzInput("pool/more.txt.gz", Gzip.Compress(Plain)) { Beside = Others },
        new FuzzInput("test.jsonl", Lines) { Beside = Others },
        new FuzzInput("test.txt", Plain) { Beside = Others },
        new FuzzInput("holdout.txt", Plain) { Beside = [.. Others.Where(file => file.FileName != "holdout.jsonl"), ("test.jsonl", Lines)] },
    ];

    protected override IReadOnlyList<string> Words { get; } =
    [
        "{\"text\": \"", "\"}", "\"text\"", "\"text\": ", "\\ud800", "\\u0000", "\\\"", "\n", "\r\n", "{}", "[]", "null", "1e999", "\uFEFF",
        "\0", "a sample of what is wanted", "{\"text\": \"a sample of what is wanted\"}\n", "猫", "\u0301", "{\"text\": 1}\n",
        "<!doctype html>", "PK\u0003\u0004",
    ];

    /// <summary>The other files of a corpus are missing, empty or of another size at times.</summary>
    public override Misfortune? Misfortune(Dice dice, FuzzInput input) => dice.Once(50)
        ? new Misfortune(dice.Of(input.Beside).FileName, dice.Once(2) ? null : dice.Below(40)) : null;

    public override void Read(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (Path.GetFileName(folder) == "pool") { folder = Path.GetDirectoryName(folder)!; }
        using IDisposable scope = NewDisposeScope();
        using DatasetSplits splits = KnownDatasets.Load(
            CorpusSource.Name, new DatasetOptions(folder) { Corpus = new CorpusOptions(SequenceLength: 24, OnTask: "on") });
        splits.Training.Gather(splits.Training.Ids);
        foreach (long id in new[] { 0, splits.Training.Count - 1 })
        {
            _ = splits.Texts!.Value.OfTraining(id);
            _ = splits.Places!.OfTraining(id).ToString();
        }
    }
}
