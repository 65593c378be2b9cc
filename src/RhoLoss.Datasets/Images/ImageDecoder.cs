using System.Buffers.Binary;
using SkiaSharp;

namespace RhoLoss.Datasets.Images;

/// <summary>
/// Decodes a JPEG or PNG file to a square of RGB bytes, as torchvision's Resize(size) and CenterCrop(size) do: upright by its EXIF
/// orientation, the shorter side scaled to the size, the middle kept. Grey images become three equal channels; what is transparent lies on
/// white.
/// </summary>
/// <remarks>A large JPEG is decoded at the smallest of the scales 1/8, 2/8 … that is not below the size, which its format offers for little work.</remarks>
internal static class ImageDecoder
{
    /// <summary>Most pixels of a file: 800 MB of memory as they are decoded.</summary>
    private const long MostPixels = 200_000_000;

    /// <summary>Longest side of a file in pixels: the codec of PNG reads no longer one.</summary>
    private const long LongestSide = 1_000_000;

    /// <summary>Images of more pixels than this, 100 MB, are decoded one at a time, so that threads do not multiply their memory.</summary>
    private const long LargePixels = 25_000_000;

    private static readonly byte[] PngSignature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];
    private static readonly Lock OneLargeAtATime = new();
    private static readonly SKSamplingOptions Sampling = new(SKFilterMode.Linear, SKMipmapMode.Linear);

    /// <summary>Writes [3, size, size] bytes.</summary>
    /// <exception cref="InvalidInputException">The file is missing, no image, cut short, or too large; the message names it.</exception>
    public static void Decode(string path, int size, Span<byte> destination)
    {
        RequireThere(path);
        using SKCodec codec = Open(path);
        if ((long)codec.Info.Width * codec.Info.Height <= LargePixels)
        {
            Decode(codec, path, size, destination);
            return;
        }
        lock (OneLargeAtATime) { Decode(codec, path, size, destination); }
    }

    /// <summary>Checks that a path leads to a file.</summary>
    /// <exception cref="InvalidInputException">It does not; the message says why.</exception>
    public static void RequireThere(string path)
    {
        var file = new FileInfo(path);
        string? target = file.LinkTarget;
        if (file.Exists && (target is null || RealPath.Of(path) is not null)) { return; }   // a link to nothing exists, too
        string why = NameDifference.IsNotUtf8(path) ? $"{NameDifference.NotUtf8} Rename the file"
            : target is not null ? $"a link to nothing: {target} is not there. Put it there, or remove the link"
            : "no such file. Put the image there, or remove it from the list";
        throw new InvalidInputException($"{path}: {why}, or leave out what cannot be read with data.skip-bad = true.");
    }

    private static SKCodec Open(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length == 0) { throw Refused(path, "the file is empty"); }
            if (PngSize(file) is { } size) { RequireDecodable(path, size.Width, size.Height); }
        }
        catch (UnauthorizedAccessException)
        {
            throw Refused(path, "reading it is not allowed");
        }
        SKCodec codec = SKCodec.Create(path, out SKCodecResult opened) ?? throw Refused(path, Reason(opened));
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
        const long million = 1_000_000;
        string? rule =
            Math.Max(width, height) > LongestSide ? FormattableString.Invariant($"are longer than the limit of {LongestSide} a side")
            : width * height <= MostPixels ? null
            : FormattableString.Invariant($"are {width * height / million} megapixels, above the limit of {MostPixels / million}");
        if (rule is null) { return; }
        throw new InvalidInputException(FormattableString.Invariant($"{path}: too large to be decoded: {width}×{height} pixels {rule}. ")
            + "Scale the image down or remove it, or leave out what cannot be read with data.skip-bad = true.");
    }

    private static void Decode(SKCodec codec, string path, int size, Span<byte> destination)
    {
        using SKBitmap stored = Read(codec, path, size);
        using SKBitmap square = Square(stored, size);
        ReadOnlySpan<byte> pixels = square.GetPixelSpan();
        int plane = size * size, stride = square.RowBytes;
        for (int y = 0; y < size; y++)
        {
            ReadOnlySpan<byte> row = pixels.Slice(y * stride, 4 * size);
            for (int x = 0; x < size; x++)
            {
                int at = y * size + x;
                destination[at] = row[4 * x];
                destination[plane + at] = row[4 * x + 1];
                destination[2 * plane + at] = row[4 * x + 2];
            }
        }
    }

    /// <summary>The upright image, at a reduced scale where that is enough.</summary>
    private static SKBitmap Read(SKCodec codec, string path, int size)
    {
        float wanted = (float)size / Math.Min(codec.Info.Width, codec.Info.Height);
        SKSizeI scaled = wanted < 1 ? Reduced(codec, size, wanted) : codec.Info.Size;
        var info = new SKImageInfo(scaled.Width, scaled.Height, SKColorType.Rgba8888, SKAlphaType.Premul);
        var bitmap = new SKBitmap();
        SKCodecResult? result = bitmap.TryAllocPixels(info) ? codec.GetPixels(info, bitmap.GetPixels()) : null;
        if (result is SKCodecResult.Success) { return Upright(bitmap, codec.EncodedOrigin); }
        bitmap.Dispose();
        throw Refused(path, result is { } failure ? Reason(failure) : "there is not enough memory for it");
    }

    private static SKSizeI Reduced(SKCodec codec, int size, float wanted)
    {
        // The codec rounds the scale to one it has, perhaps downwards: go up until nothing has to be enlarged.
        for (float scale = wanted; scale < 1; scale += 0.125f)
        {
            SKSizeI scaled = codec.GetScaledDimensions(scale);
            if (Math.Min(scaled.Width, scaled.Height) >= size) { return scaled; }
        }
        return codec.Info.Size;
    }

    private static SKBitmap Upright(SKBitmap stored, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft) { return stored; }
        using (stored)
        {
            float w = stored.Width, h = stored.Height;
            // Rows of the matrix: x' = scaleX·x + skewX·y + transX, y' = skewY·x + scaleY·y + transY (EXIF 2.3, orientation 2 to 8).
            SKMatrix matrix = origin switch
            {
                SKEncodedOrigin.TopRight => new SKMatrix(-1, 0, w, 0, 1, 0, 0, 0, 1),
                SKEncodedOrigin.BottomRight => new SKMatrix(-1, 0, w, 0, -1, h, 0, 0, 1),
                SKEncodedOrigin.BottomLeft => new SKMatrix(1, 0, 0, 0, -1, h, 0, 0, 1),
                SKEncodedOrigin.LeftTop => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
                SKEncodedOrigin.RightTop => new SKMatrix(0, -1, h, 1, 0, 0, 0, 0, 1),
                SKEncodedOrigin.RightBottom => new SKMatrix(0, -1, h, -1, 0, w, 0, 0, 1),
                _ => new SKMatrix(0, 1, 0, -1, 0, w, 0, 0, 1),
            };
            bool turned = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
            var upright = new SKBitmap(stored.Info.WithSize(turned ? stored.Height : stored.Width, turned ? stored.Width : stored.Height));
            using var canvas = new SKCanvas(upright);
            canvas.SetMatrix(matrix);
            canvas.DrawBitmap(stored, 0, 0);
            return upright;
        }
    }

    /// <summary>The middle square on white, scaled to size; pixel for pixel where the image has that size.</summary>
    private static SKBitmap Square(SKBitmap image, int size)
    {
        var square = new SKBitmap(image.Info.WithSize(size, size));
        square.Erase(SKColors.White);
        int side = Math.Min(image.Width, image.Height);
        int left = (image.Width - side) / 2, top = (image.Height - side) / 2;
        using var canvas = new SKCanvas(square);
        using SKImage source = SKImage.FromBitmap(image);
        canvas.DrawImage(source, SKRect.Create(left, top, side, side), SKRect.Create(0, 0, size, size), side == size ? new SKSamplingOptions(SKFilterMode.Nearest) : Sampling);
        return square;
    }

    private static string Reason(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "cut short: the file ends before the image does",
        SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput => "damaged",
        SKCodecResult.Unimplemented => "another format, or none",
        _ => $"{result}",
    };

    private static InvalidInputException Refused(string path, string reason) =>
        new($"{path}: not a readable JPEG or PNG image ({reason}). Replace or remove the file, or leave out what cannot be read with data.skip-bad = true.");
}
