using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// BatchNorm, the addition of a shortcut and ReLU, as one operation where no gradient is asked for. Such passes are
/// what selection is made of; apart, the three layers of a bfloat16 ResNet-18 take a tenth of one, most of it to read
/// and write the same numbers up to seven times.
/// </summary>
internal static class BatchNormRelu
{
    /// <summary>
    /// max(0, norm(x) + shortcut), shape of x. The numbers of <paramref name="x"/> are lost: give it the fresh output of a convolution.
    /// </summary>
    /// <remarks>
    /// In bfloat16 the result is rounded once instead of after each of the three; with a gradient, in
    /// float32 or in another layout it is the layers' own.
    /// </remarks>
    public static Tensor Call(BatchNorm2d norm, Tensor x, Tensor? shortcut = null)
    {
        if (ChannelsLastBatchNorm.Fits(norm, x, shortcut))
        {
            ChannelsLastBatchNorm.NormalizeAndRectify(norm, x, shortcut);
            return x;
        }
        Tensor normalized = norm.call(x);
        return (shortcut is null ? normalized : normalized.add_(shortcut, Scalars.One)).relu_();
    }
}
