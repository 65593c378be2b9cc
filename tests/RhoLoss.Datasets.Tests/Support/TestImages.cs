using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace RhoLoss.Datasets.Tests.Support;

/// <summary>Image files made on the spot.</summary>
internal static class TestImages
{
    /// <summary>One colour all over.</summary>
    public static void Write(
        string path, SKColor color, int width = 12, int height = 8, SKEncodedImageFormat format = SKEncodedImageFormat.Png) =>
        Write(path, width, height, (_, _) => color, format);

    /// <summary>A colour for each (x, y).</summary>
    public static void Write(
        string path, int width, int height, Func<int, int, SKColor> color, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
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

    /// <summary>
    /// Puts an EXIF orientation (1 to 8) behind the first marker of a JPEG: APP1 with one big-endian IFD entry, tag 0x0112.
    /// </summary>
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

    /// <summary>A JPEG with one more segment behind its first marker.</summary>
    public static byte[] WithSegment(byte[] jpeg, byte marker, byte[] content)
    {
        int length = content.Length + 2;
        return [.. jpeg[..2], 0xFF, marker, (byte)(length >> 8), (byte)length, .. content, .. jpeg[2..]];
    }

    /// <summary>
    /// A grey progressive JPEG (ITU-T T.81, annexes B and G) of two scans, DC coefficients and all others. Its tables have one code
    /// each, 0, for "no difference" and "end of block", so a bit 0 stands for each block of 8×8 pixels in each scan.
    /// </summary>
    /// <param name="side">Side in pixels, a multiple of 32, so that scans end with a byte.</param>
    public static byte[] ProgressiveJpeg(byte side)
    {
        byte[] scan = new byte[side / 8 * side / 8 / 8];
        byte[] quantization = [0, .. Enumerable.Repeat((byte)1, 64)];
        byte[] frame = [8, 0, side, 0, side, 1, 1, 0x11, 0];
        byte[] dc = [0x00, 1, .. new byte[15], 0x00], ac = [0x10, 1, .. new byte[15], 0x00];
        (byte Marker, byte[] Content)[] segments =
        [
            (0xDB, quantization), (0xC2, frame), (0xC4, dc), (0xDA, [1, 1, 0x00, 0, 0, 0]),
        ];
        byte[] second = WithSegment(WithSegment([0xFF, 0xD8, .. scan, 0xFF, 0xD9], 0xDA, [1, 1, 0x00, 1, 63, 0]), 0xC4, ac)[2..];
        byte[] jpeg = [0xFF, 0xD8, .. scan, .. second];
        foreach ((byte marker, byte[] content) in segments.Reverse()) { jpeg = WithSegment(jpeg, marker, content); }
        return jpeg;
    }

    /// <summary>A PNG of white one-bit pixels, as the PNG specification has it, of which only the first rows are there.</summary>
    public static byte[] PngOfOneBitPixels(int width, int height, int rows)
    {
        using var pixels = new MemoryStream();
        using (var compressed = new ZLibStream(pixels, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] row = [0, .. Enumerable.Repeat((byte)0xFF, (width + 7) / 8)];   // filter 0, then the pixels
            for (int y = 0; y < rows; y++) { compressed.Write(row); }
        }
        byte[] header = new byte[13];   // width, height, depth 1, grey, and three zeros
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 1;
        byte[] start = [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n'];
        return [.. start, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, pixels.ToArray()), .. Chunk("IEND"u8, [])];

        static byte[] Chunk(ReadOnlySpan<byte> name, byte[] body)
        {
            byte[] checkedPart = [.. name, .. body], length = new byte[4], checksum = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, body.Length);
            BinaryPrimitives.WriteUInt32BigEndian(checksum, Crc32(checkedPart));
            return [.. length, .. checkedPart, .. checksum];
        }
    }

    /// <summary>CRC-32 of ISO 3309, which PNG's chunks end with.</summary>
    private static uint Crc32(byte[] content)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in content)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) { crc = (crc & 1) == 0 ? crc >> 1 : 0xEDB88320 ^ (crc >> 1); }
        }
        return ~crc;
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
