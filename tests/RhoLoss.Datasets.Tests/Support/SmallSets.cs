using System.Buffers.Binary;
using System.IO.Compression;
using RhoLoss.Datasets.Idx;

namespace RhoLoss.Datasets.Tests.Support;

/// <summary>Data sets of a few examples in the native formats. Example i has label i % classes and pixels that tell i.</summary>
internal static class SmallSets
{
    public const string TrainImages = "train-images-idx3-ubyte", TrainLabels = "train-labels-idx1-ubyte",
        TestImages = "t10k-images-idx3-ubyte", TestLabels = "t10k-labels-idx1-ubyte";

    /// <summary>Labels 0, 1, …, C-1, 0, 1, ….</summary>
    public static byte[] Labels(int count, int classes) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % classes))];

    /// <summary>Images of 2×2; the first two pixels are i, big-endian, the others noise of i.</summary>
    public static byte[] Images(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(i => new[] { (byte)(i >> 8), (byte)i, (byte)(37 * i), (byte)(101 * i + 5) })];

    /// <summary>MNIST's four files with 2×2 images of ten classes.</summary>
    public static string WriteMnist(string folder, int train = 60, int test = 20, string suffix = ".gz")
    {
        Directory.CreateDirectory(folder);
        IdxFile.WriteImages(Path.Combine(folder, TrainImages + suffix), Images(train), 2, 2);
        IdxFile.WriteLabels(Path.Combine(folder, TrainLabels + suffix), Labels(train, 10));
        IdxFile.WriteImages(Path.Combine(folder, TestImages + suffix), Images(test), 2, 2);
        IdxFile.WriteLabels(Path.Combine(folder, TestLabels + suffix), Labels(test, 10));
        return folder;
    }

    /// <summary>QMNIST labels: column 0 is i % 10, column k &gt; 0 is 1,000·k + i.</summary>
    public static void WriteQmnistLabels(string path, int count, int columns = 8)
    {
        byte[] payload = new byte[count * columns * 4];
        for (int i = 0; i < count; i++)
        {
            for (int k = 0; k < columns; k++)
            {
                BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan((i * columns + k) * 4), k == 0 ? i % 10 : 1_000 * k + i);
            }
        }
        new IdxArray(IdxElementType.SignedInteger, [count, columns], payload).Write(path);
    }

    /// <summary>QMNIST with 60 training examples and 40 test labels; with or without the images beyond the first 20 test images.</summary>
    public static string WriteQmnist(string folder, bool extra)
    {
        Directory.CreateDirectory(folder);
        IdxFile.WriteImages(Path.Combine(folder, TrainImages + ".gz"), Images(60), 2, 2);
        WriteQmnistLabels(Path.Combine(folder, "qmnist-train-labels-idx2-int.gz"), 60);
        WriteQmnistLabels(Path.Combine(folder, "qmnist-test-labels-idx2-int.gz"), 40);
        if (extra) { IdxFile.WriteImages(Path.Combine(folder, "qmnist-test-images-idx3-ubyte.gz"), Images(40), 2, 2); }
        else { IdxFile.WriteImages(Path.Combine(folder, TestImages + ".gz"), Images(20), 2, 2); }
        return folder;
    }

    /// <summary>A CIFAR record: label bytes, then 1,024 pixels each of value, value + 1 and value + 2.</summary>
    public static byte[] CifarRecord(int value, params byte[] labels) =>
        [.. labels, .. Enumerable.Range(0, 3).SelectMany(channel => Enumerable.Repeat((byte)(value + channel), 1024))];

    /// <summary>
    /// CIFAR-10's six files with four records each training file and ten in the test file; example 2k and 2k + 1 have label k.
    /// </summary>
    public static string WriteCifar10(string folder)
    {
        Directory.CreateDirectory(folder);
        for (int batch = 0; batch < 5; batch++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"data_batch_{batch + 1}.bin"),
                [.. Enumerable.Range(4 * batch, 4).SelectMany(i => CifarRecord(i, (byte)(i / 2)))]);
        }
        File.WriteAllBytes(Path.Combine(folder, "test_batch.bin"), [.. Enumerable.Range(0, 10).SelectMany(i => CifarRecord(i, (byte)i))]);
        return folder;
    }

    /// <summary>CIFAR-100's two files; training examples 2k and 2k + 1 have fine label k and coarse label k % 20.</summary>
    public static string WriteCifar100(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "train.bin"),
            [.. Enumerable.Range(0, 200).SelectMany(i => CifarRecord(i, (byte)(i / 2 % 20), (byte)(i / 2)))]);
        File.WriteAllBytes(Path.Combine(folder, "test.bin"),
            [.. Enumerable.Range(0, 100).SelectMany(i => CifarRecord(i, (byte)(i % 20), (byte)i))]);
        return folder;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest)) { gzip.Write(content); }
        return compressed.ToArray();
    }
}
