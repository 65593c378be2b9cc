using RhoLoss.Experiments.Benchmarking;
using static System.FormattableString;
using static TorchSharp.torch;

namespace RhoLoss.Cli.Doctor;

/// <summary>
/// Whether convolutions are right in this process: output and gradients against float64, where LibTorch computes without oneDNN.
/// </summary>
internal static class ConvolutionCheck
{
    private const double Float32Bound = 1e-4, BFloat16Bound = 0.03;   // of the largest absolute value
    private static readonly string[] Parts = ["output", "gradient by inputs", "gradient by weights"];

    /// <summary>Tries every shape in both precisions and layouts.</summary>
    /// <returns>What was tried and found right, in a sentence.</returns>
    /// <exception cref="InvalidOperationException">A number is wrong; the message names the first.</exception>
    public static string Run()
    {
        int tried = 0;
        foreach (ConvolutionShape shape in ConvolutionShape.OfOurNetworks)
        {
            foreach (ScalarType type in (ScalarType[])[float32, bfloat16])
            {
                foreach (bool channelsLast in (bool[])[false, true])
                {
                    Require(shape, type, channelsLast);
                    tried++;
                }
            }
        }
        return Invariant($"{tried} convolutions and their gradients agree with float64 without oneDNN; {PrecisionSpeed.Measure()}");
    }

    private static void Require(ConvolutionShape shape, ScalarType type, bool channelsLast)
    {
        using IDisposable scope = NewDisposeScope();
        using var generator = new Generator(1);
        // Rounded to bfloat16 first, so that all precisions compute with the same numbers.
        Tensor input = Numbers(generator, shape.N, shape.From, shape.Side, shape.Side);
        Tensor weight = Numbers(generator, shape.To, shape.From / shape.Groups, shape.Kernel, shape.Kernel);
        int side = (shape.Side + 2 * shape.Padding - shape.Kernel) / shape.Stride + 1;
        Tensor gradient = Numbers(generator, shape.N, shape.To, side, side);
        Tensor[] right = Compute(shape, input, weight, gradient, float64, channelsLast: false);
        Tensor[] given = Compute(shape, input, weight, gradient, type, channelsLast);
        double bound = type == float32 ? Float32Bound : BFloat16Bound;
        for (int i = 0; i < Parts.Length; i++)
        {
            double off = ((given[i].to(float64) - right[i]).abs().max() / right[i].abs().max()).item<double>();
            if (off <= bound) { continue; }   // a NaN is not
            throw new InvalidOperationException(
                Invariant($"the {Parts[i]} of {shape} in {type}, {(channelsLast ? "channels-last" : "contiguous")}, ")
                + Invariant($"is off by {off:0.###} of its largest value; networks with convolutions would train on wrong ")
                + "numbers");
        }
    }

    private static Tensor Numbers(Generator generator, params long[] shape) => randn(shape, generator: generator).to(bfloat16).to(float64);

    private static Tensor[] Compute(
        ConvolutionShape shape, Tensor input, Tensor weight, Tensor gradient, ScalarType type, bool channelsLast)
    {
        Tensor x = Laid(input, type, channelsLast).requires_grad_(), w = Laid(weight, type, channelsLast).requires_grad_();
        Tensor output = nn.functional.conv2d(
            x, w, strides: [shape.Stride, shape.Stride], padding: [shape.Padding, shape.Padding], groups: shape.Groups);
        output.backward([Laid(gradient, type, channelsLast)]);
        return [output.detach(), x.grad!, w.grad!];
    }

    private static Tensor Laid(Tensor t, ScalarType type, bool channelsLast)
    {
        Tensor typed = t.to(type, copy: true);
        return channelsLast ? typed.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).detach() : typed;
    }
}
