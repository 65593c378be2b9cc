using static TorchSharp.torch;

namespace Convolutions;

/// <summary>A convolution and the sizes it is tried at.</summary>
internal sealed record Shape(string Kind, int N, int From, int To, int Kernel, int Stride, int Side, int Groups)
{
    private const long MostMultiplyAdds = 25_000_000;   // keeps a float64 reference below a few hundredths of a second

    /// <summary>Draws one of the kinds and sizes that networks have; 1×1 and 3×3 with stride 1 and 2 are four in five.</summary>
    public static Shape Draw(Random random)
    {
        while (true)
        {
            int kind = random.Next(100), from = Size(random, 1, 256), to = Size(random, 4, 512), side = random.Next(1, 17);
            int kernel = random.Next(100) switch { < 45 => 1, < 90 => 3, < 95 => 5, _ => 7 };
            int stride = random.Next(1, 3), n = Size(random, 1, 64);
            Shape shape = kind switch
            {
                < 80 => new Shape("conv2d", n, from, to, kernel, stride, side, 1),
                < 87 => new Shape("conv2d", n, from, from, kernel, stride, side, from),           // depthwise
                < 90 => new Shape("conv2d", n, 4 * (from / 4 + 1), 4 * (to / 4 + 1), kernel, stride, side, 4),
                < 95 => new Shape("conv_transpose2d", n, from, to, kernel, stride, side, 1),
                < 98 => new Shape("conv1d", n, from, to, kernel, stride, side * side, 1),
                _ => new Shape("conv3d", Math.Min(n, 8), Math.Min(from, 32), Math.Min(to, 32),
                    Math.Min(kernel, 3), stride, Math.Min(side, 8), 1),
            };
            if (shape.MultiplyAdds <= MostMultiplyAdds) { return shape; }
        }
    }

    /// <summary>In words, for a line about it.</summary>
    public string Text =>
        $"{Kind} n={N} {From}→{To} kernel {Kernel} stride {Stride} side {Side}{(Groups > 1 ? $" groups {Groups}" : "")}";

    /// <summary>
    /// Whether the library refuses to train this in bfloat16: the map is too small beside the kernel or the stride (its
    /// SmallMaps).
    /// </summary>
    public bool IsRefusedInBFloat16 => Side < Math.Max(Kind == "conv3d" ? Kernel : Kernel / 2 + 1, Stride);

    public long MultiplyAdds =>
        (long)N * From * To / Groups * Power(Kernel) * Power(Side) / (Kind == "conv_transpose2d" ? 1 : Power(Stride));

    private int Axes => Kind switch { "conv1d" => 1, "conv3d" => 3, _ => 2 };

    public long[] InputShape => [N, From, .. Enumerable.Repeat((long)Side, Axes)];

    public long[] WeightShape =>
        [.. Kind == "conv_transpose2d" ? [From, To] : (long[])[To, From / Groups], .. Enumerable.Repeat((long)Kernel, Axes)];

    public Tensor Run(Tensor input, Tensor weight, Tensor bias)
    {
        long pad = Kernel / 2;
        return Kind switch
        {
            "conv1d" => nn.functional.conv1d(input, weight, bias, Stride, pad),
            "conv3d" => nn.functional.conv3d(input, weight, bias, [Stride, Stride, Stride], [pad, pad, pad]),
            "conv_transpose2d" => nn.functional.conv_transpose2d(input, weight, bias, [Stride, Stride], [pad, pad]),
            _ => nn.functional.conv2d(input, weight, bias, [Stride, Stride], [pad, pad], groups: Groups),
        };
    }

    private long Power(int side) => (long)Math.Pow(side, Axes);

    /// <summary>Half of the sizes are powers of two and neighbours of them, where vectorised code takes turns.</summary>
    private static int Size(Random random, int least, int most)
    {
        int size = random.Next(2) == 0
            ? (1 << random.Next(0, 10)) + random.Next(-1, 2)
            : (int)Math.Exp(random.NextDouble() * Math.Log(most + 1));
        return Math.Clamp(size, least, most);
    }
}
