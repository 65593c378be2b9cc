using RhoLoss.Cli.Doctor;
using RhoLoss.Models;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;
using Conv2d = TorchSharp.Modules.Conv2d;

namespace RhoLoss.Cli.Tests;

/// <summary>Which convolutions <c>rho doctor</c> tries.</summary>
public sealed class ConvolutionTests
{
    [Fact]
    public void The_check_has_every_convolution_of_the_small_CNN_and_the_ResNet_18()
    {
        using var check = new NoTensorLeaks();
        using var cnn = new SmallCnn([3, 32, 32], 10, seed: 0);
        using ResNet resnet = ResNet.ResNet18(3, 10, seed: 0);
        string[] used = [.. ShapesOf(cnn).Concat(ShapesOf(resnet)).Distinct()];
        // Three layers; the first and its stage, then a step down, its shortcut and its stage three times.
        used.Length.ShouldBe(3 + 2 + 3 * 3);
        used.ShouldBeSubsetOf(ConvolutionShape.OfOurNetworks.Select(s => $"{s.From}→{s.To} {s.Kernel}/{s.Stride}/{s.Padding} at {s.Side}"));
    }

    private static List<string> ShapesOf(nn.Module<Tensor, Tensor> model)
    {
        List<string> seen = [];
        foreach (Conv2d layer in model.modules().OfType<Conv2d>())
        {
            layer.register_forward_pre_hook((_, input) =>
            {
                Tensor weight = layer.weight;
                seen.Add(
                    $"{weight.shape[1]}→{weight.shape[0]} {weight.shape[2]}/{layer.stride[0]}/{layer.padding![0]} at {input.shape[2]}");
                return input;
            });
        }
        using IDisposable _ = no_grad();
        model.forward(zeros(1, 3, 32, 32)).Dispose();
        return seen;
    }
}
