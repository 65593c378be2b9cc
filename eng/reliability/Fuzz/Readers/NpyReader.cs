using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using RhoLoss.Datasets;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>
/// NumPy's .npy, by AmbiguousMNIST's two files: float and byte samples, long and byte labels, versions 1 to 3 of the header.
/// </summary>
internal sealed class NpyReader : FuzzReader
{
    private const string Samples = "amnist_samples.npy", Labels = "amnist_labels.npy";
    private const string QmnistLabels = "qmnist-test-labels-idx2-int";
    private const int Count = 20, Classes = 10;

    private static readonly string[] HeaderWords =
        ["'descr'", "'shape'", "'fortran_order'", "True", "False", "'<f4'", "'|u1'", "'<i8'", "'>f8'", "(20,)", "()", "(20, 1, 2, 2)",
            "(99999999999,)", "(2147483647, 2147483647)", "(20, -1)", "NUMPY"];

    private static readonly byte[] FloatSamples = Npy(1, "<f4", "(20, 1, 2, 2)", MemoryMarshal.AsBytes<float>(Enumerable.Range(0,
        Count * 4).Select(i => i / 80f).ToArray()).ToArray());
    private static readonly byte[] LongLabels = Npy(1, "<i8", "(20, 10)", MemoryMarshal.AsBytes<long>(Enumerable.Range(0, Count * Classes)
        .Select(i => (long)i % Classes).ToArray()).ToArray());

    public override string Name => "npy";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Datasets/Npy/NpyArray.cs", "RhoLoss.Datasets/Npy/AmbiguousMnist.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        new FuzzInput(Samples, FloatSamples) { Beside = [(Labels, LongLabels)] },
        new FuzzInput(Samples, Npy(2, "|u1", "(20, 2, 2)", [.. Enumerable.Range(0, Count * 4).Select(i => (byte)i)])) { Beside = [(Labels,
            LongLabels)] },
        new FuzzInput(Labels, LongLabels) { Beside = [(Samples, FloatSamples)] },
        new FuzzInput(QmnistLabels, IdxReader.Idx(12, new byte[32], 1, 8)) { Beside = [(Samples, FloatSamples), (Labels, LongLabels)],
            IsRefused = true },   // without its images
        new FuzzInput(Labels, Gzip.Compress(Npy(3, "|u1", "(20, 10)", [.. Enumerable.Range(0, Count * Classes)
            .Select(i => (byte)(i % Classes))]))) { Beside = [(Samples, FloatSamples)] },
    ];

    public override void Read(string path)
    {
        using DatasetSplits splits = KnownDatasets.Load("ambiguous-mnist", new DatasetOptions(Path.GetDirectoryName(path)!));
    }

    /// <summary>Half the time the header is broken as a text, with a length that is right for it.</summary>
    protected override byte[] BreakContent(Dice dice, FuzzInput input, byte[] content)
    {
        if (dice.Once(4) || input.FileName == QmnistLabels) { return Mutation.OfBytes(dice, content, FloatSamples); }
        if (dice.Once(3)) { return OfAnySize(dice); }
        int lengthBytes = content[6] == 1 ? 2 : 4, start = 8 + lengthBytes;
        int length = lengthBytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(8))
            : (int)BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(8));
        byte[] header = Mutation.OfText(dice, content[start..(start + length)], FloatSamples[10..], HeaderWords);
        return [.. content[..8], .. BitConverter.GetBytes(header.Length)[..lengthBytes], .. header, .. content.AsSpan(start + length)];
    }

    /// <summary>An array whose type, shape and content agree, but not with the other file.</summary>
    private static byte[] OfAnySize(Dice dice)
    {
        int[] sizes = [dice.Once(2) ? Count : 1 + dice.Below(24), .. Enumerable.Range(0, dice.Below(4)).Select(_ => 1 + dice.Below(3))];
        (string type, int bytes) = dice.Of<(string, int)>([("<f4", 4), ("|u1", 1), ("<i8", 8)]);
        byte[] content = dice.Bytes(bytes * sizes.Aggregate(1, (a, b) => a * b));
        if (type == "<i8") { MemoryMarshal.Cast<byte, long>(content.AsSpan()).Fill(dice.Once(2) ? dice.Below(Classes) : dice.Number()); }
        if (type == "<f4")
        {
            MemoryMarshal.Cast<byte, float>(content.AsSpan())
                .Fill(dice.Once(2) ? 0.5f : BitConverter.Int32BitsToSingle((int)dice.Number()));
        }
        return Npy((byte)(1 + dice.Below(3)), type, $"({string.Join(", ", sizes)},)", content);
    }

    private static byte[] Npy(byte version, string type, string shape, byte[] content)
    {
        byte[] header = Encoding.UTF8.GetBytes($"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}\n");
        return [0x93, .. "NUMPY"u8, version, 0, .. BitConverter.GetBytes(header.Length)[..(version == 1 ? 2 : 4)], .. header, .. content];
    }
}
