using RhoLoss.Datasets.Cifar;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>CIFAR-10 and CIFAR-100 in the binary version, two files read as one set.</summary>
internal sealed class CifarReader : FuzzReader
{
    private const string Ten = "data_batch_1.bin", Hundred = "train.bin", Second = "second.bin";
    private const int Pixels = 3072;

    public override string Name => "cifar";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Datasets/Cifar/CifarFile.cs"];

    public override IReadOnlyList<string> NotReading { get; } = ["CifarFile.cs:PlacesIn"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        // CIFAR-100 needs a record of every class, 300 KB; CIFAR-10's small file comes more often.
        .. Enumerable.Repeat(new FuzzInput(Ten, Records(10, i => [(byte)i])) { Beside = [(Second, Records(1, i => [(byte)i]))] }, 4),
        new FuzzInput(Hundred, Records(100, i => [(byte)(i % 20), (byte)i])) { Beside = [(Second, Records(1, i => [(byte)i, (byte)i]))] },
    ];

    public override void Read(string path) =>
        CifarFile.Read(Path.GetFileName(path) == Ten ? CifarFormat.Cifar10 : CifarFormat.Cifar100, path,
            Path.Combine(Path.GetDirectoryName(path)!, Second));

    /// <summary>Half the time whole records are broken, so that the length stays one of records.</summary>
    protected override byte[] BreakContent(Dice dice, FuzzInput input, byte[] content)
    {
        int record = Pixels + (input.FileName == Ten ? 1 : 2), at = record * dice.Below(content.Length / record);
        switch (dice.Below(6))
        {
            case 0: return [.. content[..at], .. content[(at + record)..]];
            case 1: return [.. content, .. content[at..(at + record)]];
            case 2:
                byte[] labelled = [.. content];
                labelled[at + dice.Below(record - Pixels)] = (byte)dice.Below(256);
                return labelled;
            default: return Mutation.OfBytes(dice, content, content);
        }
    }

    /// <summary>One input in twenty lacks a file, or has one that is empty, or larger than any that is read.</summary>
    public override Misfortune? Misfortune(Dice dice, FuzzInput input)
    {
        if (!dice.Once(20)) { return null; }
        long record = Pixels + (input.FileName == Ten ? 1 : 2);
        long?[] lengths = [null, 0, record * (1 + Array.MaxLength / record), record * (long)int.MaxValue];
        return new Misfortune(dice.Once(2) ? input.FileName : Second, dice.Of(lengths));
    }

    private static byte[] Records(int count, Func<int, byte[]> labels) => [.. Enumerable.Range(0, count)
        .SelectMany(i => (byte[])[.. labels(i), .. Enumerable.Repeat((byte)i, Pixels)])];
}
