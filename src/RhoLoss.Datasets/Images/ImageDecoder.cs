using SkiaSharp;

namespace RhoLoss.Datasets.Images;

/// <summary>
/// Decodes a JPEG or PNG file to a square of RGB bytes, as torchvision's Resize(size) and CenterCrop(size) do: upright by its EXIF
/// orientation, the shorter side scaled to the size, the middle kept. Grey images become three equal channels; what is transparent lies on
/// white.
/// </summary>
/// <remarks>
/// A large JPEG is decoded at the smallest of the scales 1/8, 2/8 … that is not below the size, which its format offers for little work.
/// </remarks>
internal static class ImageDecoder
{
    /// <summary>Images of more pixels than this, 133 MB, are decoded one at a time, so that threads do not multiply their memory.</summary>
    private const long LargePixels = 25_000_000;

    private static readonly Lock OneLargeAtATime = new();
    private static readonly SKSamplingOptions Sampling = new(SKFilterMode.Linear, SKMipmapMode.Linear);

    /// <summary>Writes [3, size, size] bytes.</summary>
    /// <exception cref="InvalidInputException">The file is missing, no image, cut short, or too large; the message names it.</exception>
    public static void Decode(string path, int size, Span<byte> destination)
    {
        using SKCodec codec = ImageOpening.Open(path);
        if ((long)codec.Info.Width * codec.Info.Height <= LargePixels)
        {
            Decode(codec, path, size, destination);
            return;
        }
        lock (OneLargeAtATime) { Decode(codec, path, size, destination); }
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
        throw result is { } failure ? ImageOpening.Refused(path, failure) : ImageOpening.Refused(path, "there is not enough memory for it");
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
            bool turned =
                origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom
                    or SKEncodedOrigin.LeftBottom;
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
        image.SetImmutable();   // else the image is copied
        using SKImage source = SKImage.FromBitmap(image);
        canvas.DrawImage(
            source, SKRect.Create(left, top, side, side), SKRect.Create(0, 0, size, size),
            side == size ? new SKSamplingOptions(SKFilterMode.Nearest) : Sampling);
        return square;
    }
}
