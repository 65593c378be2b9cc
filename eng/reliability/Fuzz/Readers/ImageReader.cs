using RhoLoss.Datasets.Images;
using RhoLoss.Reliability.Formats;
using SkiaSharp;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>JPEG and PNG files of several kinds: colour, grey, transparent, turned by EXIF, larger and smaller than what is read.</summary>
internal sealed class ImageReader : FuzzReader
{
    private const int Size = 16;
    private readonly byte[] _pixels = new byte[3 * Size * Size];

    public override string Name => "images";

    public override IReadOnlyList<string> NotReading { get; } = ["ImageOpening.cs:RequireFile"];

    public override IReadOnlyList<string> Sources { get; } =
    [
        "RhoLoss.Datasets/Images/ImageDecoder.cs", "RhoLoss.Datasets/Images/ImageOpening.cs", "RhoLoss.Datasets/Images/ImageEnd.cs",
        "RhoLoss.Datasets/Images/ForwardBytes.cs",
    ];

    /// <summary>A header may promise any size, and the decoder has to refuse what does not fit; docs/data.md has its limit.</summary>
    public override long MemoryLimit => 1L << 30;

    public override IReadOnlyList<FuzzInput> Inputs { get; } = Make();

    public override void Read(string path) => ImageDecoder.Decode(path, Size, _pixels);

    /// <summary>Half the time a PNG's chunks get right checksums again.</summary>
    protected override byte[] BreakContent(Dice dice, FuzzInput input, byte[] content)
    {
        byte[] broken = Mutation.OfBytes(dice, content, dice.Of(Inputs).Bytes);
        return dice.Once(2) ? PngChunks.WithRightChecksums(broken) : broken;
    }

    private static FuzzInput[] Make() =>
    [
        new FuzzInput("colour.png", Encode(20, 14, SKColorType.Rgba8888, SKEncodedImageFormat.Png)),
        new FuzzInput("grey.png", Encode(9, 30, SKColorType.Gray8, SKEncodedImageFormat.Png)),
        new FuzzInput("colour.jpg", Encode(20, 17, SKColorType.Rgba8888, SKEncodedImageFormat.Jpeg)),
        new FuzzInput("large.jpg", Encode(160, 130, SKColorType.Rgba8888, SKEncodedImageFormat.Jpeg)),
        .. Enumerable.Range(2, 7).Select(o => new FuzzInput("turned.jpg", Oriented(Encode(20, 17, SKColorType.Gray8,
            SKEncodedImageFormat.Jpeg), (byte)o))),
    ];

    private static byte[] Encode(int width, int height, SKColorType type, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(width, height, type, type == SKColorType.Gray8 ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor((byte)(11 * x), (byte)(7 * y), (byte)(x * y), (byte)(255 - x)));
            }
        }
        using SKData data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>EXIF's orientation behind the first marker of a JPEG: APP1 with one big-endian entry, tag 0x0112.</summary>
    private static byte[] Oriented(byte[] jpeg, byte orientation) =>
    [
        .. jpeg[..2], 0xFF, 0xE1, 0, 34, .. "Exif\0\0MM"u8, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0,
            0, 0, 0, 0, .. jpeg[2..],
    ];
}
