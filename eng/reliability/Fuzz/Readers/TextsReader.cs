using System.Text;
using RhoLoss.Datasets;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>A user's own texts: CSV and TSV, training and test file, words of the training file as tokens.</summary>
internal sealed class TextsReader : FuzzReader
{
    private static readonly byte[] Csv = Encoding.UTF8.GetBytes("text,label,n\n" + string.Concat(Enumerable.Range(0, 24)
        .Select(i => $"\"so, \"\"{i}\"\"\nit is\",{(i % 2 == 0 ? "good" : "bad")},{i}\n")));
    private static readonly byte[] Tsv = Encoding.UTF8.GetBytes("\uFEFFlabel\ttext\r\n" + string.Concat(Enumerable.Range(0, 36)
        .Select(i => $"{i % 3}\tEin Satz über {i} \"Ähren\" 猫\r\n")));

    public override string Name => "texts";

    public override IReadOnlyList<string> Sources { get; } =
    [
        "RhoLoss.Datasets/Tables/DelimitedText.cs", "RhoLoss.Datasets/Tables/TextFile.cs", "RhoLoss.Datasets/Text/LabeledColumns.cs",
        "RhoLoss.Datasets/Text/OwnText.cs", "RhoLoss.Datasets/Tables/HeaderColumns.cs",
        "RhoLoss.Datasets/Tables/OtherEncoding.cs", "RhoLoss.Datasets/Text/LabelNotices.cs",
        "RhoLoss.Datasets/Text/WordTokenizer.cs", "RhoLoss.Datasets/Text/WordSplitting.cs", "RhoLoss.Datasets/Text/TextNormalization.cs",
    ];

    public override IReadOnlyList<string> NotReading { get; } = ["OwnText.cs:CheckSplits", "OwnText.cs:OptionsFor"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        new FuzzInput("train.csv", Csv),
        new FuzzInput("train.tsv", Tsv),
        new FuzzInput("test.csv", Csv) { Beside = [("train.csv", Csv)] },
        new FuzzInput("train.tsv", Gzip.Compress(Tsv)),
    ];

    protected override IReadOnlyList<string> Words { get; } = ["text", "label", "text,label", "text\tlabel", "good", "bad", "0", "1", "2",
        "\"\"", "\n\n", "Å", "ﬁ", "\u0301"];

    public override void Read(string path)
    {
        using DatasetSplits splits = KnownDatasets.Load(OwnText.Name,
            new DatasetOptions(Path.GetDirectoryName(path)!) { Text = new TextOptions(TextOptions.Words) });
    }
}
