using System.Buffers.Binary;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Labels;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Idx;

/// <summary>Images and labels in the IDX format of MNIST, Fashion-MNIST and QMNIST, plain or gzipped.</summary>
/// <remarks>
/// Tensors belong to the caller's dispose scope. Every broken rule is an <see cref="InvalidInputException"/> that names the file.
/// </remarks>
public static class IdxFile
{
    /// <summary>
    /// Columns of a QMNIST label row; column 0 is the class, column 2 the writer id (see the QMNIST documentation for the others).
    /// </summary>
    public const int QmnistColumns = 8;

    /// <summary>Images (idx3, uint8): uint8, shape [N, 1, rows, columns].</summary>
    public static Tensor ReadImages(string path)
    {
        using Stream stream = GzipContent.Open(path);
        return ReadImages(stream, path);
    }

    /// <summary>Class labels (idx1, uint8): int64, shape [N], each in 0..C-1, each class present.</summary>
    public static Tensor ReadLabels(string path, int classes)
    {
        using Stream stream = GzipContent.Open(path);
        return ReadLabels(stream, path, classes);
    }

    /// <summary>QMNIST's extended labels (idx2, int32): int64, shape [N, 8]; column 0 is the class in 0..9, each class present.</summary>
    public static Tensor ReadQmnistLabels(string path)
    {
        IdxArray array = IdxArray.Read(path);
        Require(array, IdxElementType.SignedInteger, 2, path, "a QMNIST labels file (idx2-int)");
        if (array.Dimensions[1] != QmnistColumns)
        {
            throw new InvalidInputException(
                $"{path}: QMNIST labels have {QmnistColumns} columns, but this file has {array.Dimensions[1]}. "
                + "Give a file such as qmnist-train-labels-idx2-int.gz.");
        }
        using DisposeScope scope = NewDisposeScope();
        var values = new long[array.Payload.Length / sizeof(int)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadInt32BigEndian(array.Payload.AsSpan(i * sizeof(int)));
        }
        Tensor labels = tensor(values).reshape(array.Dimensions[0], QmnistColumns);
        LabelRules.Check(labels.select(1, 0), 10, path);
        return scope.MoveToOuter(labels);
    }

    /// <summary>Images and their class labels; the two files must hold the same number of examples.</summary>
    public static (Tensor Images, Tensor Labels) ReadPair(string imagesPath, string labelsPath, int classes)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor labels = ReadLabels(labelsPath, classes);
        Tensor images = ReadImages(imagesPath);
        RequireSameCount(images, imagesPath, labels, labelsPath);
        return scope.MoveToOuter(images, labels);
    }

    /// <summary>Writes uint8 images of one size, row by row; gzipped when the name ends in .gz.</summary>
    /// <exception cref="ArgumentException">The pixels are not a whole number of images.</exception>
    public static void WriteImages(string path, ReadOnlySpan<byte> pixels, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (pixels.IsEmpty || pixels.Length % (rows * columns) != 0)
        {
            throw new ArgumentException(
                $"Pixels must be one or more whole images of {rows}×{columns} bytes, but are {pixels.Length} bytes.", nameof(pixels));
        }
        new IdxArray(IdxElementType.UnsignedByte, [pixels.Length / (rows * columns), rows, columns], pixels.ToArray()).Write(path);
    }

    /// <summary>Writes one uint8 label per example; gzipped when the name ends in .gz.</summary>
    public static void WriteLabels(string path, ReadOnlySpan<byte> labels)
    {
        if (labels.IsEmpty) { throw new ArgumentException("There must be at least one label.", nameof(labels)); }
        new IdxArray(IdxElementType.UnsignedByte, [labels.Length], labels.ToArray()).Write(path);
    }

    /// <summary>Bytes before the first pixel: magic number and three sizes.</summary>
    internal const int ImagesHeaderBytes = 16;

    internal static Tensor ReadImages(Stream stream, string name)
    {
        IdxArray array = IdxArray.Read(stream, name);
        Require(array, IdxElementType.UnsignedByte, 3, name, "an images file (idx3-ubyte)");
        using DisposeScope scope = NewDisposeScope();
        Tensor images =
            tensor(array.Payload, dtype: ScalarType.Byte).reshape(array.Dimensions[0], 1, array.Dimensions[1], array.Dimensions[2]);
        return scope.MoveToOuter(images);
    }

    internal static Tensor ReadLabels(Stream stream, string name, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        IdxArray array = IdxArray.Read(stream, name);
        Require(array, IdxElementType.UnsignedByte, 1, name, "a labels file (idx1-ubyte)");
        using DisposeScope scope = NewDisposeScope();
        Tensor labels = tensor(array.Payload, dtype: ScalarType.Byte).to(int64);
        LabelRules.Check(labels, classes, name);
        return scope.MoveToOuter(labels);
    }

    internal static void RequireSameCount(Tensor images, string imagesName, Tensor labels, string labelsName)
    {
        if (images.shape[0] != labels.shape[0])
        {
            throw new InvalidInputException(
                $"{imagesName} has {Counted.Of(images.shape[0], "image")}, but {labelsName} has "
                + $"{Counted.Of(labels.shape[0], "label")}; there must be one label per image. "
                + "Give the two files of the same split.");
        }
    }

    private static void Require(IdxArray array, IdxElementType type, int dimensions, string name, string what)
    {
        if (array.ElementType != type || array.Dimensions.Count != dimensions)
        {
            throw new InvalidInputException(
                $"{name}: {what} has {Counted.Of(dimensions, "dimension")} of type {type}, "
                + $"but this file has shape {IdxArray.Shape(array.Dimensions)} of type {array.ElementType}. Give {what}.");
        }
    }
}
