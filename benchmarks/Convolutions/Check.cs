using System.Globalization;
using static TorchSharp.torch;

namespace Convolutions;

/// <summary>Output and the three gradients of one convolution against float64, where LibTorch computes without oneDNN.</summary>
internal static class Check
{
    private const double Float32Bound = 1e-4, BFloat16Bound = 0.03;   // of the largest absolute value
    private static readonly string[] Names = ["output", "gradient by inputs", "gradient by weights", "gradient by bias"];

    /// <summary>
    /// What is wrong with a shape, a line each; the numbers are the same in all precisions, being rounded to bfloat16 first.
    /// </summary>
    public static IEnumerable<string> Of(Shape shape, long seed, ScalarType type, bool channelsLast)
    {
        using IDisposable scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        Tensor[] numbers =
        [
            .. new[] { shape.InputShape, shape.WeightShape, [shape.To] }
                .Select(s => randn(s, generator: generator).to(bfloat16).to(float64)),
        ];
        Tensor outputGradient = Like(numbers, shape, generator);
        Tensor[] right = Compute(shape, numbers, outputGradient, float64, channelsLast: false);
        Tensor[] given = Compute(shape, numbers, outputGradient, type, channelsLast);
        double bound = type == float32 ? Float32Bound : BFloat16Bound;
        List<string> wrong = [];
        for (int i = 0; i < right.Length; i++)
        {
            double off = (given[i].to(float64) - right[i]).abs().max().item<double>()
                / Math.Max(right[i].abs().max().item<double>(), 1e-30);
            if (off <= bound) { continue; }   // a NaN is not
            wrong.Add(string.Create(CultureInfo.InvariantCulture,
                $"{shape.Text} {type} {(channelsLast ? "channels-last" : "contiguous")}: {Names[i]} off by {off:0.#####}"));
        }
        return wrong;
    }

    private static Tensor Like(Tensor[] numbers, Shape shape, Generator generator)
    {
        using IDisposable _ = no_grad();
        return randn(shape.Run(numbers[0], numbers[1], numbers[2]).shape, generator: generator).to(bfloat16).to(float64);
    }

    private static Tensor[] Compute(Shape shape, Tensor[] numbers, Tensor outputGradient, ScalarType type, bool channelsLast)
    {
        Tensor[] leaves = [.. numbers.Select(t => Laid(t.to(type), channelsLast).detach().requires_grad_())];
        Tensor output = shape.Run(leaves[0], leaves[1], leaves[2]);
        Dirty(leaves);
        output.backward([Laid(outputGradient.to(type), channelsLast)]);
        return [output.detach(), .. leaves.Select(l => l.grad!)];
    }

    /// <summary>
    /// Leaves NaN in freed memory of the gradients' sizes: what an operation forgets to write is then seen, not zero by luck.
    /// </summary>
    private static void Dirty(Tensor[] leaves)
    {
        Tensor[] freed = [.. Enumerable.Range(0, 4).SelectMany(_ => leaves.Select(l => full_like(l, double.NaN)))];
        foreach (Tensor t in freed) { t.Dispose(); }
    }

    private static Tensor Laid(Tensor t, bool channelsLast) =>
        channelsLast && t.dim() == 4 ? t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : t.clone();
}
