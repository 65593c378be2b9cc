using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using RhoLoss.Datasets.Files;

namespace RhoLoss.Datasets.Idx;

/// <summary>Element types of an IDX file that this library reads; the values are the format's type codes.</summary>
public enum IdxElementType
{
    /// <summary>Unsigned byte, code 08.</summary>
    UnsignedByte = 0x08,

    /// <summary>Signed 32-bit integer, big-endian, code 0C.</summary>
    SignedInteger = 0x0C,
}

/// <summary>
/// The content of one IDX file (http://yann.lecun.com/exdb/mnist, "the IDX file format"): two zero bytes, a type code, the
/// number of dimensions, one big-endian int32 per dimension, then the elements, last dimension fastest.
/// </summary>
/// <param name="ElementType">Type of the elements.</param>
/// <param name="Dimensions">Size of each dimension; the first is the number of examples.</param>
/// <param name="Payload">The elements as stored; int32 stays big-endian.</param>
public sealed record IdxArray(IdxElementType ElementType, IReadOnlyList<int> Dimensions, byte[] Payload)
{
    private const int LargestChunk = 1 << 20;

    /// <summary>Reads a file, plain or gzipped; its first two bytes decide which, not its name.</summary>
    /// <exception cref="InvalidInputException">
    /// The file is missing, is not IDX, or holds fewer or more bytes than its header says.
    /// </exception>
    public static IdxArray Read(string path)
    {
        using Stream stream = GzipContent.Open(path);
        return Read(stream, path);
    }

    /// <summary>Reads uncompressed content; <paramref name="name"/> is what errors call it.</summary>
    internal static IdxArray Read(Stream stream, string name)
    {
        try
        {
            (IdxElementType type, int[] dimensions) = ReadHeader(stream, name);
            long expected = PayloadBytes(type == IdxElementType.SignedInteger ? 4 : 1, dimensions, name);
            byte[] payload = ReadPayload(stream, expected, dimensions, name);
            return new IdxArray(type, dimensions, payload);
        }
        catch (InvalidDataException e)
        {
            throw GzipContent.Damaged(name, e);
        }
    }

    /// <summary>
    /// Writes the array. A name that ends in .gz is compressed as small as gzip goes, without file name or time,
    /// so that equal content gives equal files.
    /// </summary>
    public void Write(string path)
    {
        using FileStream file = File.Create(path);
        bool compress = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        using Stream target = compress ? new GZipStream(file, CompressionLevel.SmallestSize) : file;
        byte[] header = new byte[4 + 4 * Dimensions.Count];
        header[2] = (byte)ElementType;
        header[3] = (byte)Dimensions.Count;
        for (int d = 0; d < Dimensions.Count; d++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * d), Dimensions[d]);
        }
        target.Write(header);
        target.Write(Payload);
    }

    private static (IdxElementType Type, int[] Dimensions) ReadHeader(Stream stream, string name)
    {
        Span<byte> magic = stackalloc byte[4];
        int read = stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false);
        if (read < 4)
        {
            throw new InvalidInputException($"{name}: the file ends after {read} bytes, but an IDX header has at least 8. Fetch it again.");
        }
        if (magic[0] != 0 || magic[1] != 0)
        {
            throw new InvalidInputException(
                $"{name}: an IDX file starts with two zero bytes, but this one starts with {magic[0]:x2} {magic[1]:x2}. "
                + "Give an IDX file, plain or gzipped.");
        }
        if (magic[2] is not ((byte)IdxElementType.UnsignedByte or (byte)IdxElementType.SignedInteger))
        {
            throw new InvalidInputException(
                $"{name}: the IDX type code must be 08 (uint8) or 0c (int32), but is {magic[2]:x2}. "
                + "Convert the file to one of these types.");
        }
        if (magic[3] is < 1 or > 4)
        {
            throw new InvalidInputException(
                $"{name}: an IDX file of this library has 1 to 4 dimensions, but this one says {magic[3]}. "
                + "Give an images or labels file.");
        }
        var dimensions = new int[magic[3]];
        Span<byte> size = stackalloc byte[4];
        for (int d = 0; d < dimensions.Length; d++)
        {
            if (stream.ReadAtLeast(size, 4, throwOnEndOfStream: false) < 4)
            {
                throw new InvalidInputException(
                    $"{name}: the file ends inside its header, "
                    + $"before the size of dimension {d + 1} of {dimensions.Length}. Fetch it again.");
            }
            dimensions[d] = BinaryPrimitives.ReadInt32BigEndian(size);
            if (dimensions[d] < 1)
            {
                throw new InvalidInputException(
                    $"{name}: every dimension must be at least 1, but dimension {d + 1} is {dimensions[d]}. Fetch the file again.");
            }
        }
        return ((IdxElementType)magic[2], dimensions);
    }

    /// <summary>Size of the elements in bytes.</summary>
    internal static long PayloadBytes(int elementBytes, int[] dimensions, string name)
    {
        // Four factors below 2^31 overflow even a long, so the product stops at the largest .NET array.
        long bytes = elementBytes;
        foreach (int size in dimensions)
        {
            bytes *= size;
            if (bytes > Array.MaxLength)
            {
                throw new InvalidInputException(
                    $"{name}: the header says {Shape(dimensions)}, which is more than the {Array.MaxLength} bytes "
                    + "an array can hold. The header is damaged; fetch the file again.");
            }
        }
        return bytes;
    }

    /// <summary>Memory grows with the bytes that really come, never with what the header promises.</summary>
    internal static byte[] ReadPayload(Stream stream, long expected, int[] dimensions, string name)
    {
        byte[] buffer = new byte[Math.Min(expected, LargestChunk)];
        int filled = 0;
        while (filled < expected)
        {
            if (filled == buffer.Length) { Array.Resize(ref buffer, (int)Math.Min(expected, 2L * buffer.Length)); }
            int read = stream.Read(buffer, filled, buffer.Length - filled);
            if (read == 0)
            {
                throw new InvalidInputException(
                    $"{name}: the header says {Shape(dimensions)}, which is {expected} bytes, but only {filled} follow. "
                    + "The file is truncated; fetch it again.");
            }
            filled += read;
        }
        if (stream.ReadByte() >= 0)
        {
            throw new InvalidInputException(
                $"{name}: the header says {Shape(dimensions)}, which is {expected} bytes, but more follow. "
                + "The file is damaged or not what its name says; fetch it again.");
        }
        return buffer;
    }

    internal static string Shape(IReadOnlyList<int> dimensions) =>
        $"[{string.Join(", ", dimensions.Select(d => d.ToString(CultureInfo.InvariantCulture)))}]";
}
