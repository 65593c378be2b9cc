using RhoLoss.Data;
using SkiaSharp;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Images;

/// <summary>Writes images of a data set as PNG files, pixel for pixel.</summary>
public static class PngFile
{
    /// <summary>
    /// Encodes an image as <see cref="LabeledDataset.Gather(TorchSharp.torch.Tensor)"/> gives it, of one channel (grey) or three (colour).
    /// </summary>
    /// <param name="image">float32, [channels, height, width], normalised.</param>
    /// <param name="normalization">What it was normalised with, which is taken back.</param>
    /// <exception cref="ArgumentException">The image has another number of channels or dimensions.</exception>
    public static byte[] Encode(Tensor image, Normalization normalization)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(normalization);
        if (image.dim() != 3 || image.shape[0] is not (1 or 3))
        {
            throw new ArgumentException(
                $"An image must have shape [1, height, width] or [3, height, width], but has [{string.Join(", ", image.shape)}].",
                nameof(image));
        }
        using IDisposable scope = NewDisposeScope();
        Tensor std = tensor([.. normalization.Std]).reshape(-1, 1, 1), mean = tensor([.. normalization.Mean]).reshape(-1, 1, 1);
        Tensor bytes = Scalars.Sum(image.cpu() * std, mean).mul(Scalars.Of(255)).round().clamp(Scalars.Zero, Scalars.Of(255)).to(uint8)
            .expand(3, image.shape[1], image.shape[2]);
        Tensor alpha = full([1, image.shape[1], image.shape[2]], Scalars.Of(255), dtype: uint8);
        byte[] pixels = [.. cat([bytes, alpha]).permute(1, 2, 0).contiguous().data<byte>()];
        var info = new SKImageInfo((int)image.shape[2], (int)image.shape[1], SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var bitmap = new SKBitmap(info);
        pixels.CopyTo(bitmap.GetPixelSpan());
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return png.ToArray();
    }
}
