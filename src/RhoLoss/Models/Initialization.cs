using RhoLoss.Randomness;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Models;

/// <summary>
/// PyTorch's default initialisation from an explicit seed, because TorchSharp's constructors draw from the process-wide generator:
/// weights and biases of linear and convolution layers uniform in ±1/√fan_in (kaiming_uniform with a = √5), normalisation layers 1 and 0.
/// </summary>
public static class Initialization
{
    /// <summary>Draws every parameter of the module anew, layer by layer in order of registration.</summary>
    /// <exception cref="NotSupportedException">
    /// A layer with parameters is none of linear, convolution and 2-d batch normalisation.
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
            switch (layer)
            {
                case Linear linear: DrawUniform(linear.weight, linear.bias, generator); break;
                case Conv2d convolution: DrawUniform(convolution.weight, convolution.bias, generator); break;
                case BatchNorm2d norm: norm.reset_parameters(); break;
                default:
                    if (layer.parameters(recurse: false).Any())
                    {
                        throw new NotSupportedException($"There is no rule to initialise the parameters of {layer.GetName()} from a seed.");
                    }
                    break;
            }
        }
        return module;
    }

    private static void DrawUniform(Tensor? weight, Tensor? bias, Generator generator)
    {
        double bound = 1 / Math.Sqrt(weight!.numel() / (double)weight.shape[0]);
        weight.copy_(rand(weight.shape, generator: generator).mul_(Scalars.Of(2 * bound)).sub_(Scalars.Of(bound)));
        bias?.copy_(rand(bias.shape, generator: generator).mul_(Scalars.Of(2 * bound)).sub_(Scalars.Of(bound)));
    }
}
