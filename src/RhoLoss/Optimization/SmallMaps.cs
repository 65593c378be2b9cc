using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// Refuses convolutions whose weight gradients can be wrong in bfloat16: over maps so small that the outer weights of a kernel meet padding
/// alone, or smaller than the stride, oneDNN 3.7 leaves memory in the gradient that it never wrote (measured:
/// <c>docs/decisions/0012-hidden-caches.md</c>). Outputs and gradients by inputs are right, and so is float32. Looks at what each
/// layer is called with, at the cost of a look at a shape.
/// </summary>
internal sealed class SmallMaps : IDisposable
{
    private readonly List<Action> _remove = [];

    /// <summary>Starts to look at the convolutions of a model.</summary>
    public SmallMaps(nn.Module model)
    {
        foreach ((string prefix, nn.Module layer) in MixedPrecision.ConvertibleLayers(model))
        {
            if (layer is not Convolution convolution) { continue; }
            string name = prefix.Length == 0 ? model.GetName() : prefix[..^1];
            long[] kernel = convolution.weight!.shape[2..], stride = convolution.stride;
            if (kernel.All(side => side == 1) && stride.All(step => step == 1)) { continue; }
            var hook = convolution.register_forward_pre_hook((_, input) =>
            {
                if (is_grad_enabled()) { Require(name, kernel, stride, input.shape[^kernel.Length..]); }
                return input;
            });
            _remove.Add(hook.remove);
        }
    }

    /// <summary>Stops to look.</summary>
    public void Dispose()
    {
        foreach (Action remove in _remove) { remove(); }
        _remove.Clear();
    }

    private static void Require(string layer, long[] kernel, long[] stride, long[] map)
    {
        for (int axis = 0; axis < kernel.Length; axis++)
        {
            long least = Math.Max(kernel.Length == 3 ? kernel[axis] : kernel[axis] / 2 + 1, stride[axis]);
            if (map[axis] >= least) { continue; }
            throw new InvalidInputException(
                $"The layer {layer} has a kernel of {string.Join("×", kernel)} on maps of {string.Join("×", map)}, "
                + "over which LibTorch's gradient "
                + $"by its weights is wrong in BFloat16: a side must be at least {least}. Train on larger inputs, or in Float32.");
        }
    }
}
