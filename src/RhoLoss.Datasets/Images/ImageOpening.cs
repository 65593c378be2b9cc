using System.Buffers.Binary;
using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Names;
using RhoLoss.Serialization;
using SkiaSharp;

namespace RhoLoss.Datasets.Images;

/// <summary>Opens an image file for decoding, and says of one that cannot be decoded why.</summary>
internal static class ImageOpening
{
    /// <summary>Most pixels of a file. Decoded they take 480 MB of memory, and a third of that again while they are scaled.</summary>
    private const long MostPixels = 120_000_000;

    /// <summary>Longest side of a file in pixels: the codec of PNG reads no longer one.</summary>
    private const long LongestSide = 1_000_000;

    private static readonly byte[] PngSignature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Opens a file that is whole as far as its markers say.</summary>
    /// <exception cref="InvalidInputException">It is missing, no file, no image, cut short, or too large; the message names it.</exception>
    public static SKCodec Open(string path)
    {
        RequireFile(path);
        (uint Width, uint Height)? png;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (file.Length == 0) { throw Refused(path, "the file is empty"); }
            png = PngSize(file);
            if (png is { } size) { RequireDecodable(path, size.Width, size.Height); }
            file.Position = 0;
            if (ImageEnd.IsMissing(file)) { throw Refused(path, SKCodecResult.IncompleteInput); }
        }
        catch (UnauthorizedAccessException)
        {
            throw Refused(path, "reading it is not allowed");
        }
        // The end is there, so what the codec of PNG misses is part of a header that is wrong.
        SKCodec codec = SKCodec.Create(path, out SKCodecResult opened)
            ?? throw Refused(path, png is not null && opened is SKCodecResult.IncompleteInput ? SKCodecResult.ErrorInInput : opened);
        try
        {
            RequireDecodable(path, codec.Info.Width, codec.Info.Height);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    /// <summary>Checks that a path leads to a file, which opening it does not have to wait for.</summary>
    /// <exception cref="InvalidInputException">It does not; the message says why.</exception>
    public static void RequireFile(string path)
    {
        SpecialFile.Refuse(path);
        if (!File.Exists(path))
        {
            throw new InvalidInputException(NameDifference.IsNotUtf8(path) ? $"{path}: {NameDifference.NotUtf8} Rename the file."
                : $"{path}: no such file. Put the image there, or remove it from the list.");
        }
    }

    /// <summary>The error for a file that the decoder refuses.</summary>
    public static InvalidInputException Refused(string path, SKCodecResult result) => StandIn.At(path) is { } other
        ? new($"{path}: not a readable JPEG or PNG image: it is {other.What}. {other.Fix}")
        : Refused(path, result switch
        {
            SKCodecResult.IncompleteInput => "cut short: the file ends before the image does",
            SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput => "damaged",
            SKCodecResult.Unimplemented => "another format, or none",
            _ => $"{result}",
        });

    /// <summary>The error for a file that cannot be decoded for a reason.</summary>
    public static InvalidInputException Refused(string path, string reason) =>
        new($"{path}: not a readable JPEG or PNG image ({reason}). Replace or remove the file.");

    /// <summary>Width and height that a PNG begins with; null for another file. The codec takes long sides for a cut file.</summary>
    private static (uint Width, uint Height)? PngSize(FileStream file)
    {
        byte[] start = new byte[24];   // signature, length and name of the first chunk, width, height
        bool whole = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length;
        return whole && start.AsSpan(0, PngSignature.Length).SequenceEqual(PngSignature)
            ? (BinaryPrimitives.ReadUInt32BigEndian(start.AsSpan(16)), BinaryPrimitives.ReadUInt32BigEndian(start.AsSpan(20))) : null;
    }

    private static void RequireDecodable(string path, long width, long height)
    {
        if (width == 0 || height == 0)
        {
            throw Refused(path, FormattableString.Invariant($"damaged: by its header it has {width}×{height} pixels"));
        }
        const double million = 1e6;
        string? rule =
            Math.Max(width, height) > LongestSide ? FormattableString.Invariant($"are longer than the limit of {LongestSide} a side")
            : width * height <= MostPixels ? null
            : FormattableString.Invariant($"are {width * height / million:0.##} megapixels, above the limit of {MostPixels / million:0}");
        if (rule is null) { return; }
        throw new InvalidInputException(FormattableString.Invariant($"{path}: too large to be decoded: {width}×{height} pixels {rule}. ")
            + "Scale the image down, or remove it.");
    }
}
