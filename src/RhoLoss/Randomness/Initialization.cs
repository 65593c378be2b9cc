using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Randomness;

/// <summary>
/// PyTorch's default initialisation from an explicit seed, because TorchSharp's constructors draw from the process-wide generator:
/// weights and biases of linear and convolution layers uniform in ±1/√fan_in (kaiming_uniform with a = √5), those of recurrent
/// layers in ±1/√hidden, embeddings from a standard normal distribution, the projections of attention by Glorot's rule with biases 0,
/// normalisation layers 1 and 0.
/// </summary>
public static class Initialization
{
    /// <summary>Draws every parameter of the module anew, layer by layer in order of registration.</summary>
    /// <exception cref="NotSupportedException">
    /// A layer with parameters of its own is none of those above: draw its parameters yourself.
    /// </exception>
    public static TModule Reset<TModule>(TModule module, long seed) where TModule : nn.Module
    {
        ArgumentNullException.ThrowIfNull(module);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using Generator generator = Seeding.Create(seed, Purpose.Initialization);
        // TorchSharp's list lacks the module itself.
        foreach (nn.Module layer in module.named_modules().Select(m => m.module).Prepend(module))
        {
            if (!Draw(layer, generator) && layer.parameters(recurse: false).Any())
            {
                // TorchSharp takes a script's name from where a module of its own would have one.
                string name = layer is jit.ScriptModule ? "TorchScript" : layer.GetName();
                throw new NotSupportedException($"There is no rule to initialise the parameters of {name} from a seed.");
            }
        }
        return module;
    }

    /// <summary>Draws the parameters that are the layer's own; whether there is a rule for it.</summary>
    private static bool Draw(nn.Module layer, Generator generator)
    {
        switch (layer)
        {
            case Linear linear: DrawUniform(linear.weight, linear.bias, generator); return true;
            case Conv1d convolution: DrawUniform(convolution.weight, convolution.bias, generator); return true;
            case Conv2d convolution: DrawUniform(convolution.weight, convolution.bias, generator); return true;
            case Conv3d convolution: DrawUniform(convolution.weight, convolution.bias, generator); return true;
            case Embedding embedding: embedding.weight!.copy_(randn(embedding.weight.shape, generator: generator)); return true;
            case MultiheadAttention attention: DrawAttention(attention, generator); return true;
            case LSTM or GRU or RNN: DrawRecurrent(layer, generator); return true;
            case BatchNorm1d or BatchNorm2d or BatchNorm3d or InstanceNorm1d or InstanceNorm2d or InstanceNorm3d or LayerNorm or GroupNorm:
                SetNormalization(layer);
                return true;
            default: return false;
        }
    }

    private static void DrawAttention(MultiheadAttention attention, Generator generator)
    {
        foreach ((string name, Parameter parameter) in attention.named_parameters(recurse: false))
        {
            if (parameter.dim() < 2)
            {
                parameter.zero_();
                continue;
            }
            bool output = name.StartsWith("out_proj", StringComparison.Ordinal);   // an ordinary linear layer
            double bound = output ? 1 / Math.Sqrt(parameter.shape[1]) : Math.Sqrt(6.0 / (parameter.shape[0] + parameter.shape[1]));
            DrawUniform(parameter, bound, generator);
        }
    }

    private static void DrawRecurrent(nn.Module layer, Generator generator)
    {
        (string Name, Parameter Parameter)[] own = [.. layer.named_parameters(recurse: false)];
        // Of an LSTM the first axis of hidden-to-hidden weights is 4 · hidden, of a GRU 3 ·; the second is hidden in all of them.
        long hidden = own.First(p => p.Name.StartsWith("weight_hh", StringComparison.Ordinal)).Parameter.shape[1];
        foreach ((_, Parameter parameter) in own) { DrawUniform(parameter, 1 / Math.Sqrt(hidden), generator); }
    }

    private static void SetNormalization(nn.Module layer)
    {
        foreach ((string name, Parameter parameter) in layer.named_parameters(recurse: false))
        {
            if (name == "weight") { parameter.fill_(Scalars.One); } else { parameter.zero_(); }
        }
        foreach ((string name, Tensor buffer) in layer.named_buffers(recurse: false))
        {
            if (name == "running_var") { buffer.fill_(Scalars.One); } else { buffer.zero_(); }
        }
    }

    private static void DrawUniform(Tensor? weight, Tensor? bias, Generator generator)
    {
        double bound = 1 / Math.Sqrt(weight!.numel() / (double)weight.shape[0]);
        DrawUniform(weight, bound, generator);
        if (bias is not null) { DrawUniform(bias, bound, generator); }
    }

    private static void DrawUniform(Tensor parameter, double bound, Generator generator) =>
        parameter.copy_(rand(parameter.shape, generator: generator).mul_(Scalars.Of(2 * bound)).sub_(Scalars.Of(bound)));
}
