using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Labels;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Cifar;

/// <summary>The two layouts of CIFAR's binary version (https://www.cs.toronto.edu/~kriz/cifar.html).</summary>
public enum CifarFormat
{
    /// <summary>One label byte (0..9), then 3,072 pixels.</summary>
    Cifar10,

    /// <summary>A coarse label byte (0..19), a fine label byte (0..99), then 3,072 pixels.</summary>
    Cifar100,
}

/// <summary>Examples of CIFAR files. The tensors belong to the dispose scope in which they were read.</summary>
/// <param name="Images">uint8, shape [N, 3, 32, 32]; channels red, green, blue.</param>
/// <param name="Labels">int64, shape [N]: the class of CIFAR-10, the fine class of CIFAR-100.</param>
/// <param name="CoarseLabels">int64, shape [N]: the superclass of CIFAR-100; null for CIFAR-10.</param>
public sealed record CifarExamples(Tensor Images, Tensor Labels, Tensor? CoarseLabels);

/// <summary>Reads CIFAR-10 and CIFAR-100 in the binary version: records of label bytes and 3×32×32 pixels without a header.</summary>
public static class CifarFile
{
    private const int PixelsPerImage = 3 * 32 * 32;
    private const int FineClasses = 100;
    private const int CoarseClasses = 20;
    private const int Cifar10Classes = 10;

    /// <summary>Reads files one after the other into one set, in the order given.</summary>
    /// <exception cref="InvalidInputException">
    /// A file is missing, is not a whole number of records, or a label is out of range or a class empty.
    /// </exception>
    public static CifarExamples Read(CifarFormat format, params IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0) { throw new ArgumentException("There must be at least one file to read.", nameof(paths)); }
        int labelBytes = format == CifarFormat.Cifar10 ? 1 : 2;
        int[] records = CountRecords(paths, labelBytes);

        using DisposeScope scope = NewDisposeScope();
        int total = records.Sum();
        Tensor images = empty([total, 3, 32, 32], dtype: ScalarType.Byte);
        var labels = new byte[labelBytes][];
        for (int column = 0; column < labelBytes; column++) { labels[column] = new byte[total]; }
        int first = 0;
        for (int f = 0; f < paths.Count; f++)
        {
            ReadRecords(paths[f], records[f], first, images, labels);
            first += records[f];
        }

        string name = paths.Count == 1
            ? paths[0]
            : $"{Path.GetDirectoryName(paths[0])} ({string.Join(", ", paths.Select(Path.GetFileName))})";
        Tensor fine = Labels(labels[^1], format == CifarFormat.Cifar10 ? Cifar10Classes : FineClasses, name);
        Tensor? coarse = format == CifarFormat.Cifar100 ? Labels(labels[0], CoarseClasses, $"{name}, coarse labels") : null;
        scope.MoveToOuter(images, fine);
        if (coarse is not null) { scope.MoveToOuter(coarse); }
        return new CifarExamples(images, fine, coarse);
    }

    /// <summary>Places of examples in files that are read one after the other.</summary>
    internal static Func<long, ExamplePlace> PlacesIn(CifarFormat format, params IReadOnlyList<string> paths)
    {
        int labelBytes = format == CifarFormat.Cifar10 ? 1 : 2;
        int[] records = CountRecords(paths, labelBytes);
        Func<long, ExamplePlace> places = ExamplePlaces.InRecords(paths[^1], header: 0, labelBytes + PixelsPerImage);
        for (int f = paths.Count - 2; f >= 0; f--)
        {
            places = ExamplePlaces.OneAfterTheOther(
                ExamplePlaces.InRecords(paths[f], header: 0, labelBytes + PixelsPerImage), records[f], places);
        }
        return places;
    }

    private static int[] CountRecords(IReadOnlyList<string> paths, int labelBytes)
    {
        foreach (string path in paths) { SpecialFile.Refuse(path); }
        string[] missing = [.. paths.Where(p => !File.Exists(p))];
        if (missing.Length > 0)
        {
            throw new InvalidInputException(
                $"{string.Join(", ", missing)}: no such file. Unpack the whole CIFAR archive (binary version) and give its folder.");
        }
        int record = labelBytes + PixelsPerImage;
        long together = 0;
        return [.. paths.Select(path =>
        {
            long length = new FileInfo(path).Length;
            if (length == 0 || length % record != 0)
            {
                if (StandIn.At(path) is { } other) { throw new InvalidInputException($"{path}: it is {other.What}. {other.Fix}"); }
                throw new InvalidInputException(
                    $"{path}: the size must be a multiple of {record} bytes ({Counted.Of(labelBytes, "label byte")} and "
                    + $"{PixelsPerImage} pixels), but is {length}. The file is truncated or not CIFAR's binary version; "
                    + "fetch it again.");
            }
            together += length;
            if (together > Array.MaxLength)
            {
                throw new InvalidInputException(
                    $"{path}: the files of a set may have at most {Array.MaxLength} bytes together, but with this one have {together}. "
                    + "Give the files of the official archive.");
            }
            return (int)(length / record);
        })];
    }

    private static void ReadRecords(string path, int records, int first, Tensor images, byte[][] labels)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> pixels = images.bytes;
        byte[] head = new byte[labels.Length];
        try
        {
            for (int r = first; r < first + records; r++)
            {
                file.ReadExactly(head);
                for (int column = 0; column < head.Length; column++) { labels[column][r] = head[column]; }
                file.ReadExactly(pixels.Slice(r * PixelsPerImage, PixelsPerImage));
            }
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidInputException(
                $"{path}: the file became shorter while it was read. Wait until it is complete and read it again.", e);
        }
    }

    private static Tensor Labels(byte[] values, int classes, string name)
    {
        Tensor labels = tensor(values, dtype: ScalarType.Byte).to(int64);
        LabelRules.Check(labels, classes, name);
        return labels;
    }
}
