using RhoLoss.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>
/// Multiply-adds of a forward pass over one example, in convolutions and linear layers: every weight is used once for each place of its
/// layer's output. By the shapes of the layers, because TorchSharp's hooks do not see a layer that is called by forward().
/// </summary>
public static class MultiplyAdds
{
    /// <summary>Counts for one of this project's models and one input of that shape (channels, height, width).</summary>
    /// <exception cref="ArgumentException">The order of layers of such a model is not known here.</exception>
    public static long PerExample(nn.Module<Tensor, Tensor> model, IReadOnlyList<long> inputShape)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputShape);
        long pooling = model switch
        {
            Mlp or ResNet => 1,
            SmallCnn => 2,   // after every convolution
            _ => throw new ArgumentException($"The multiply-adds of a {model.GetName()} are not known: only those of Mlp, SmallCnn and ResNet are.", nameof(model)),
        };
        long height = inputShape[1], width = inputShape[2], sum = 0;
        foreach ((string name, nn.Module layer) in model.named_modules())
        {
            if (layer is Linear linear) { sum += linear.weight.numel(); }
            if (layer is not Conv2d convolution) { continue; }
            // A shortcut comes after the convolutions that it bypasses, and ends in their shape.
            if (!name.Contains("shortcut", StringComparison.Ordinal))
            {
                height = After(height, convolution, axis: 0);
                width = After(width, convolution, axis: 1);
            }
            sum += convolution.weight.numel() * height * width;
            height /= pooling;
            width /= pooling;
        }
        return sum;
    }

    private static long After(long side, Conv2d c, int axis) => (side + 2 * c.padding![axis] - c.weight.shape[2 + axis]) / c.stride[axis] + 1;
}
