using System.Diagnostics;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>
/// How long a convolution takes in bfloat16, channels-last, relative to float32: below 1 where the processor computes in
/// bfloat16.
/// </summary>
/// <param name="Ratio">Time in bfloat16 over time in float32, forward and backward.</param>
public sealed record PrecisionSpeed(double Ratio)
{
    private const double Slower = 1.2;   // what a busy machine adds is less than that
    private const int Rounds = 5;

    /// <summary>Whether bfloat16 costs time here instead of saving it.</summary>
    public bool BFloat16IsSlower => Ratio > Slower;

    /// <summary>Times a 3×3 convolution from 64 to 64 channels, a few hundredths of a second in all; best of five turns.</summary>
    public static PrecisionSpeed Measure()
    {
        using IDisposable scope = NewDisposeScope();
        Action single = Pass(float32), half = Pass(bfloat16);
        single();
        half();
        double float32Seconds = double.PositiveInfinity, bfloat16Seconds = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            float32Seconds = Math.Min(float32Seconds, Seconds(single));
            bfloat16Seconds = Math.Min(bfloat16Seconds, Seconds(half));
        }
        return new PrecisionSpeed(bfloat16Seconds / float32Seconds);
    }

    /// <summary>The ratio in a sentence without its full stop.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"bfloat16 takes {Ratio:0.00} × float32's time{(BFloat16IsSlower ? ": train in float32 here" : "")}");

    private static Action Pass(ScalarType type)
    {
        Tensor input = ChannelsLast(ones(16, 64, 16, 16, type)), weight = ChannelsLast(ones(64, 64, 3, 3, type)).requires_grad_();
        return () =>
        {
            using IDisposable inner = NewDisposeScope();
            nn.functional.conv2d(input, weight, padding: [1, 1]).sum().backward();
        };
    }

    private static Tensor ChannelsLast(Tensor t) => t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).detach();

    private static double Seconds(Action run)
    {
        long started = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
