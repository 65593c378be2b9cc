using System.Buffers.Binary;
using RhoLoss.Datasets.Idx;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>IDX: images, labels and QMNIST's labels, plain and gzipped.</summary>
internal sealed class IdxReader : FuzzReader
{
    private const string Images = "train-images-idx3-ubyte", Labels = "train-labels-idx1-ubyte", Qmnist = "qmnist-train-labels-idx2-int";
    private const int Examples = 20, Classes = 10, Side = 3;

    public override string Name => "idx";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Datasets/Idx/IdxFile.cs", "RhoLoss.Datasets/Idx/IdxArray.cs",
        "RhoLoss.Datasets/Files/GzipContent.cs", "RhoLoss.Datasets/Labels/LabelRules.cs"];

    public override IReadOnlyList<string> NotReading { get; } = ["IdxFile.cs:WriteImages", "IdxFile.cs:WriteLabels", "IdxArray.cs:Write"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        .. Both(Images, Idx(8, [.. Enumerable.Range(0, Examples * Side * Side).Select(i => (byte)i)], Examples, Side, Side)),
        .. Both(Labels, Idx(8, LabelBytes(), Examples)),
        .. Both(Qmnist, Idx(12, [.. LabelBytes().SelectMany(label => (byte[])[0, 0, 0, label, .. new byte[28]])], Examples,
            IdxFile.QmnistColumns)),
    ];

    public override void Read(string path)
    {
        string name = Path.GetFileName(path);
        if (name.StartsWith(Qmnist, StringComparison.Ordinal)) { IdxFile.ReadQmnistLabels(path); }
        else if (name.StartsWith(Labels, StringComparison.Ordinal)) { IdxFile.ReadLabels(path, Classes); }
        else { IdxFile.ReadPair(path, Path.Combine(Path.GetDirectoryName(path)!, Labels), Classes); }
    }

    /// <summary>Half the time sizes and content are changed together, so that the header stays true.</summary>
    protected override byte[] BreakContent(Dice dice, FuzzInput input, byte[] content)
    {
        if (dice.Once(2)) { return base.BreakContent(dice, input, content); }
        int dimensions = 1 + dice.Below(4);
        int[] sizes = [.. Enumerable.Range(0, dimensions).Select(_ => 1 + dice.Below(12))];
        int type = dice.Once(3) ? 12 : 8;
        return Idx(type, dice.Bytes(sizes.Aggregate(type == 12 ? 4 : 1, (a, b) => a * b)), sizes);
    }

    private static FuzzInput[] Both(string name, byte[] bytes)
    {
        (string, byte[])[] beside = [(Labels, Idx(8, LabelBytes(), Examples))];
        return [new FuzzInput(name, bytes) { Beside = beside }, new FuzzInput(name + ".gz", Gzip.Compress(bytes)) { Beside = beside }];
    }

    private static byte[] LabelBytes() => [.. Enumerable.Range(0, Examples).Select(i => (byte)(i % Classes))];

    /// <summary>0, 0, type code, number of sizes, sizes as big-endian int32, content.</summary>
    internal static byte[] Idx(int type, byte[] content, params int[] sizes)
    {
        byte[] header = new byte[4 + 4 * sizes.Length];
        (header[2], header[3]) = ((byte)type, (byte)sizes.Length);
        for (int i = 0; i < sizes.Length; i++) { BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), sizes[i]); }
        return [.. header, .. content];
    }
}
