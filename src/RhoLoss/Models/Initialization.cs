using RhoLoss.Data;
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
    public static TModule Reset<TModule>(TModule module, long seed) where TModule : nn.Module
    {
        ArgumentNullException.ThrowIfNull(module);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using Generator generator = Seeding.Create(seed, Seeding.Initialization);
        foreach ((_, nn.Module layer) in module.named_modules())
        {
            switch (layer)
            {
                case Linear linear: DrawUniform(linear.weight, linear.bias, generator); break;
                case Conv2d convolution: DrawUniform(convolution.weight, convolution.bias, generator); break;
                case BatchNorm2d norm: norm.reset_parameters(); break;
            }
        }
        return module;
    }

    private static void DrawUniform(Tensor? weight, Tensor? bias, Generator generator)
    {
        double bound = 1 / Math.Sqrt(weight!.numel() / (double)weight.shape[0]);
        weight.copy_(rand(weight.shape, generator: generator).mul_(2 * bound).sub_(bound));
        bias?.copy_(rand(bias.shape, generator: generator).mul_(2 * bound).sub_(bound));
    }
}
