using System.Text;
using RhoLoss.Datasets;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>GLUE's files: CoLA's three and SST-2's two.</summary>
internal sealed class GlueReader : FuzzReader
{
    private static readonly byte[] Cola = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 8)
        .Select(i => $"gj04\t{i / 2 % 2}\t{(i / 2 % 2 == 0 ? "*" : "")}\tThe {i} sailors rode the breeze.\n")));
    private static readonly byte[] Sst2 = Encoding.UTF8.GetBytes("sentence\tlabel\n" + string.Concat(Enumerable.Range(0, 8)
        .Select(i => $"a \"gem\" of {i} films \t{i / 2 % 2}\n")));

    public override string Name => "glue";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Datasets/Text/GlueFile.cs", "RhoLoss.Datasets/Text/TextDatasets.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        new FuzzInput("in_domain_train.tsv", Cola) { Beside = [("in_domain_dev.tsv", Cola), ("out_of_domain_dev.tsv", Cola)] },
        new FuzzInput("out_of_domain_dev.tsv", Cola) { Beside = [("in_domain_dev.tsv", Cola), ("in_domain_train.tsv", Cola)] },
        new FuzzInput("train.tsv", Sst2) { Beside = [("dev.tsv", Sst2)] },
        new FuzzInput("dev.tsv", Sst2) { Beside = [("train.tsv", Sst2)] },
    ];

    protected override IReadOnlyList<string> Words { get; } = ["sentence", "label", "sentence\tlabel", "0", "1", "\t", "*", "gj04", "2",
        "-1"];

    public override void Read(string path)
    {
        string set = Path.GetFileName(path) is "train.tsv" or "dev.tsv" ? "sst-2" : "cola";
        using DatasetSplits splits = KnownDatasets.Load(set,
            new DatasetOptions(Path.GetDirectoryName(path)!) { Text = new TextOptions(TextOptions.Words) });
    }
}
