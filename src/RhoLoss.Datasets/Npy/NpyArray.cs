using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Idx;

namespace RhoLoss.Datasets.Npy;

/// <summary>Element types of a .npy file that this library reads.</summary>
internal enum NpyElementType
{
    /// <summary>float32, little-endian: &lt;f4.</summary>
    Float,

    /// <summary>uint8: |u1.</summary>
    UnsignedByte,

    /// <summary>int64, little-endian: &lt;i8.</summary>
    Long,
}

/// <summary>
/// The content of one .npy file (NumPy, "A simple file format for NumPy arrays", versions 1 to 3): the bytes 93 "NUMPY", a version of two
/// bytes, the length of the header (little-endian, 2 bytes in version 1, else 4), the header, which is a Python dictionary of descr,
/// fortran_order and shape, and the elements, here last dimension fastest.
/// </summary>
/// <param name="ElementType">Type of the elements.</param>
/// <param name="Dimensions">Size of each dimension, one or more.</param>
/// <param name="Payload">The elements as stored.</param>
internal sealed partial record NpyArray(NpyElementType ElementType, IReadOnlyList<int> Dimensions, byte[] Payload)
{
    private const string Export = "Export it again with numpy.save from a contiguous array";
    private const int LongestHeader = 1 << 16;
    private static readonly byte[] Magic = [0x93, .. "NUMPY"u8];

    /// <summary>The elements as 32-bit floats.</summary>
    public ReadOnlySpan<float> Floats => MemoryMarshal.Cast<byte, float>(Payload);

    /// <summary>The elements as 64-bit integers.</summary>
    public ReadOnlySpan<long> Longs => MemoryMarshal.Cast<byte, long>(Payload);

    /// <summary>Shape in brackets.</summary>
    public string Shape => IdxArray.Shape(Dimensions);

    /// <summary>Reads a file, plain or gzipped.</summary>
    /// <exception cref="InvalidInputException">
    /// The file is missing, is no .npy file of these types in C order, or is shorter or longer than its header says.
    /// </exception>
    public static NpyArray Read(string path)
    {
        using Stream stream = GzipContent.Open(path);
        try
        {
            (NpyElementType type, int bytes, int[] dimensions) = Parse(ReadHeader(stream, path), path);
            byte[] payload = IdxArray.ReadPayload(stream, IdxArray.PayloadBytes(bytes, dimensions, path), dimensions, path);
            return new NpyArray(type, dimensions, payload);
        }
        catch (InvalidDataException e)
        {
            throw GzipContent.Damaged(path, e);
        }
    }

    private static string ReadHeader(Stream stream, string name)
    {
        byte[] start = ReadBytes(stream, Magic.Length + 2, name);
        if (!start.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            throw new InvalidInputException(
                $"{name}: a .npy file starts with {Convert.ToHexStringLower(Magic)}, but this one starts with "
                + $"{Convert.ToHexStringLower(start, 0, Magic.Length)}. Give a file that numpy.save wrote, plain or gzipped.");
        }
        int version = start[^2];
        if (version is < 1 or > 3)
        {
            throw new InvalidInputException(
                $"{name}: the version of a .npy file must be 1, 2 or 3, but is {version}.{start[^1]}. {Export}.");
        }
        long length = version == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(stream, 2, name))
            : BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(stream, 4, name));
        if (length > LongestHeader)
        {
            throw new InvalidInputException(
                $"{name}: the header of a .npy file has at most {LongestHeader} bytes here, but this one says {length}. "
                + "The file is damaged; export it again.");
        }
        return Encoding.UTF8.GetString(ReadBytes(stream, (int)length, name));
    }

    private static byte[] ReadBytes(Stream stream, int count, string name)
    {
        byte[] bytes = new byte[count];
        int read = stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false);
        return read == count
            ? bytes
            : throw new InvalidInputException($"{name}: the file ends inside its .npy header. It is truncated; export it again.");
    }

    private static (NpyElementType Type, int Bytes, int[] Dimensions) Parse(string header, string name)
    {
        MatchCollection matches = Entry().Matches(header);
        Dictionary<string, string> entries = [];
        foreach (Match match in matches.Cast<Match>()) { entries[match.Groups["key"].Value] = match.Groups["value"].Value; }
        // Python allows a comma after the last entry, and numpy.save writes it.
        string rest = Entry().Replace(header, "").Replace(" ", "", StringComparison.Ordinal).TrimEnd('\n');
        if (rest is not ("{,,}" or "{,,,}")
            || matches.Count != 3
            || entries.Count != 3
            || !entries["descr"].StartsWith('\'')
            || !entries["shape"].StartsWith('('))
        {
            throw new InvalidInputException(
                $"{name}: the header of a .npy file must name 'descr', 'fortran_order' and 'shape' of a plain array, "
                + $"but is {header.Trim()}. {Export}.");
        }
        (NpyElementType type, int bytes) = entries["descr"] switch
        {
            "'<f4'" => (NpyElementType.Float, 4),
            "'|u1'" => (NpyElementType.UnsignedByte, 1),
            "'<i8'" => (NpyElementType.Long, 8),
            string other => throw new InvalidInputException(
                $"{name}: elements must be '<f4' (float32), '|u1' (uint8) or '<i8' (int64), but are {other}. "
                + "Convert the array before exporting it."),
        };
        if (entries["fortran_order"] != "False")
        {
            throw new InvalidInputException(
                $"{name}: the array must be in C order, 'fortran_order': False, "
                + $"but fortran_order is {entries["fortran_order"]}. {Export}.");
        }
        string[] sizes = entries["shape"].Trim('(', ')').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var dimensions = new int[sizes.Length];
        for (int d = 0; d < sizes.Length; d++)
        {
            if (!int.TryParse(sizes[d], NumberStyles.None, CultureInfo.InvariantCulture, out dimensions[d]) || dimensions[d] < 1)
            {
                throw new InvalidInputException(
                    $"{name}: every dimension must be a whole number from 1 to {int.MaxValue}, "
                    + $"but the shape is {entries["shape"]}. {Export}.");
            }
        }
        return dimensions.Length > 0
            ? (type, bytes, dimensions)
            : throw new InvalidInputException($"{name}: an array must have at least one dimension, but the shape is (). {Export}.");
    }

    /// <summary>One entry of the dictionary; they may come in any order.</summary>
    [GeneratedRegex(
        @"'(?<key>descr|fortran_order|shape)' *: *(?<value>'[^']*'|True|False|\([0-9 ,]*\))",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Entry();
}
