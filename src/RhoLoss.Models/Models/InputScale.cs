using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// x · factor + shift for each channel: brings inputs from the scale they are stored in to the one that weights were trained with.
/// </summary>
/// <param name="Factors">One factor a channel.</param>
/// <param name="Shifts">One shift a channel.</param>
public sealed record InputScale(IReadOnlyList<float> Factors, IReadOnlyList<float> Shifts)
{
    /// <summary>Images [n, channels, height, width] to new ones of that shape, in their own precision.</summary>
    internal Tensor Apply(Tensor images) => images.mul(PerChannel(Factors, images)).add_(PerChannel(Shifts, images), Scalars.One);

    private static Tensor PerChannel(IReadOnlyList<float> values, Tensor like) =>
        tensor([.. values], dtype: like.dtype, device: like.device).reshape(1, values.Count, 1, 1);
}
