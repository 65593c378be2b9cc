using SkiaSharp;

namespace RhoLoss.Datasets.Tests.Support;

/// <summary>Image files made on the spot.</summary>
internal static class TestImages
{
    /// <summary>One colour all over.</summary>
    public static void Write(string path, SKColor color, int width = 12, int height = 8, SKEncodedImageFormat format = SKEncodedImageFormat.Png) =>
        Write(path, width, height, (_, _) => color, format);

    /// <summary>A colour for each (x, y).</summary>
    public static void Write(string path, int width, int height, Func<int, int, SKColor> color, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++) { bitmap.SetPixel(x, y, color(x, y)); }
        }
        using SKData data = bitmap.Encode(format, 95);
        File.WriteAllBytes(path, data.ToArray());
    }

    /// <summary>Puts an EXIF orientation (1 to 8) behind the first marker of a JPEG: APP1 with one big-endian IFD entry, tag 0x0112.</summary>
    public static void Orient(string path, byte orientation)
    {
        byte[] jpeg = File.ReadAllBytes(path);
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, (byte)'E', (byte)'x', (byte)'i', (byte)'f', 0, 0, (byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8,
            0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        File.WriteAllBytes(path, [.. jpeg[..2], .. exif, .. jpeg[2..]]);
    }

    /// <summary>Parts (train, valid, test) of class folders cat and dog with <paramref name="each"/> images in every one.</summary>
    public static void Tree(string folder, int each = 4, params string[] parts)
    {
        foreach (string part in parts)
        {
            for (int i = 0; i < each; i++)
            {
                byte shade = (byte)(10 * i);
                Write(Path.Combine(folder, part, "cat", $"{i}.png"), new SKColor(200, shade, 0));
                Write(Path.Combine(folder, part, "dog", $"{i}.jpg"), new SKColor(0, shade, 200), format: SKEncodedImageFormat.Jpeg);
            }
        }
    }
}
