using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// torchvision's CenterCrop for [n, channels, height, width]: what is cropped at random in training is cropped here in evaluation.
/// </summary>
internal static class CentreCrop
{
    /// <summary>The middle <paramref name="size"/>×<paramref name="size"/> pixels; the same tensor when it has that size.</summary>
    public static Tensor Apply(Tensor inputs, int size)
    {
        long height = inputs.shape[2], width = inputs.shape[3];
        long top = (long)Math.Round((height - size) / 2.0), left = (long)Math.Round((width - size) / 2.0);   // half to even, as in Python
        return height == size && width == size ? inputs : inputs.slice(2, top, top + size, 1).slice(3, left, left + size, 1);
    }
}
