using RhoLoss.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>
/// Multiply-adds of a forward pass over one example, in convolutions and linear layers: every weight is used once for each place of its
/// layer's output.
/// </summary>
public static class MultiplyAdds
{
    /// <summary>Counts for one of this project's models and one input of that shape (channels, height, width).</summary>
    /// <exception cref="ArgumentException">A layer of the model cannot be observed.</exception>
    public static long PerExample(nn.Module<Tensor, Tensor> model, IReadOnlyList<long> inputShape)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputShape);
        return model switch
        {
            Mlp => Layers(model).OfType<Linear>().Sum(linear => linear.weight.numel()),
            SmallCnn => OfSmallCnn(model, inputShape),
            _ => Observed(model, inputShape),
        };
    }

    /// <summary>Passes zeros through the model and lets every layer say what it gave.</summary>
    private static long Observed(nn.Module<Tensor, Tensor> model, IReadOnlyList<long> inputShape)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        var silent = Layers(model).ToHashSet();
        long sum = 0;
        var remove = new List<Action>();
        foreach (nn.Module<Tensor, Tensor> layer in silent)
        {
            Tensor weight = layer switch
            {
                Linear linear => linear.weight,
                Conv2d convolution => convolution.weight,
                _ => throw new ArgumentException($"{layer.GetName()} has no weight.", nameof(model))
            };
            var hook = layer.register_forward_hook((_, _, output) =>
            {
                // One example: shape[1] are the layer's outputs, the rest its places.
                sum += weight.numel() * (output.numel() / output.shape[1]);
                silent.Remove(layer);
                return output;
            });
            remove.Add(hook.remove);
        }
        bool training = model.training;
        model.eval();
        try
        {
            model.forward(zeros([1, .. inputShape]));
        }
        finally
        {
            model.train(training);
            foreach (Action action in remove) { action(); }
        }
        return silent.Count == 0 ? sum
            : throw new ArgumentException(
                $"The multiply-adds of {model.GetName()} are not known: {silent.Count} of its layers are not called by call(), "
                + "which alone reports their outputs.",
                nameof(model));
    }

    /// <summary>By the shapes of its layers, which are called by forward(): each convolution is followed by pooling over 2×2.</summary>
    private static long OfSmallCnn(nn.Module<Tensor, Tensor> model, IReadOnlyList<long> inputShape)
    {
        long height = inputShape[1], width = inputShape[2], sum = 0;
        foreach (nn.Module layer in Layers(model))
        {
            if (layer is Linear linear) { sum += linear.weight.numel(); }
            if (layer is not Conv2d convolution) { continue; }
            height = After(height, convolution, axis: 0);
            width = After(width, convolution, axis: 1);
            sum += convolution.weight.numel() * height * width;
            height /= 2;
            width /= 2;
        }
        return sum;
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Layers(nn.Module model) =>
        model.named_modules().Select(m => m.module).Where(m => m is Linear or Conv2d).Cast<nn.Module<Tensor, Tensor>>();

    private static long After(long side, Conv2d c, int axis) =>
        (side + 2 * c.padding![axis] - c.weight.shape[2 + axis]) / c.stride[axis] + 1;
}
