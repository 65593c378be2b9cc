using System.Text;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Datasets.Labels;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Files of other labels for a data set, by name and by number.</summary>
internal sealed class LabelFileReader : FuzzReader
{
    private static readonly byte[] Named = Encoding.UTF8.GetBytes("id,label\n" + string.Concat(Enumerable.Range(0, 12)
        .Select(i => i % 2 == 0 ? $"{i},cat\n" : $"{i},\"a, dog\"\n")));
    private static readonly byte[] Numbered = Encoding.UTF8.GetBytes("label\tid\n" + string.Concat(Enumerable.Range(0, 10)
        .Select(i => $"{i % 2}\t{i}\n")));

    public override string Name => "labels";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Datasets/Labels/LabelFile.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } = [new FuzzInput("labels.csv", Named), new FuzzInput("labels.tsv", Numbered),
        new FuzzInput("labels.csv.gz", Gzip.Compress(Named))];

    protected override IReadOnlyList<string> Words { get; } = ["id", "label", "id,label", "cat", "\"a, dog\"", "0", "1", "2", "11", "12",
        "-1", "9223372036854775807"];

    public override void Read(string path)
    {
        var made = new DatasetSplits("pets", "made here", Part(8, 0), Part(4, 8), Part(4, 0)) { ClassNames = ["cat", "a, dog"] };
        using DatasetSplits splits = LabelFile.Apply(path, made);
    }

    private static LabeledDataset Part(int count, long firstId)
    {
        using IDisposable scope = NewDisposeScope();
        return new LabeledDataset(zeros([count, 2]), arange(count, dtype: int64) % 2, 2, arange(firstId, firstId + count, dtype: int64));
    }
}
