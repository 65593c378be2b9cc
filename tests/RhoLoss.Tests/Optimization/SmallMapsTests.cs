using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

/// <summary>
/// Convolutions over maps that are small beside their kernel: LibTorch 2.10's bfloat16 gradients by the weights hold memory that was never
/// written (measured by benchmarks/Convolutions).
/// </summary>
public sealed class SmallMapsTests
{
    private static readonly ComputeFormat Half = new() { Precision = Precision.BFloat16 };

    // A kernel's outer weights meet padding alone when twice the side is no more than the kernel.
    [Theory]
    [InlineData(3, 1, 2)]
    [InlineData(5, 2, 3)]
    [InlineData(7, 3, 4)]
    public void A_map_that_is_too_small_is_refused_and_the_next_larger_is_not(int kernel, int refused, int allowed)
    {
        using var check = new NoTensorLeaks();
        using Conv2d layer = nn.Conv2d(2, 3, kernel, padding: kernel / 2);
        using var flat = new FlatParameters(layer, Half, training: true);

        string message = Should.Throw<InvalidInputException>(() => layer.call(ones([1, 2, refused, refused], bfloat16))).Message;
        message.ShouldContain($"a kernel of {kernel}×{kernel} on maps of {refused}×{refused}");
        message.ShouldContain($"a side must be at least {allowed}");
        layer.call(ones([1, 2, allowed, allowed], bfloat16)).shape.ShouldBe([1, 3, allowed, allowed]);
    }

    [Fact]
    public void A_map_smaller_than_the_stride_is_refused()
    {
        using var check = new NoTensorLeaks();
        using Conv2d layer = nn.Conv2d(8, 3, 1, stride: 2);   // of fewer channels, it is refused as such where there is no AVX-512
        using var flat = new FlatParameters(layer, Half, training: true);

        Should.Throw<InvalidInputException>(() => layer.call(ones([1, 8, 1, 1], bfloat16))).Message
            .ShouldContain("a side must be at least 2");
        layer.call(ones([1, 8, 2, 2], bfloat16)).shape.ShouldBe([1, 3, 1, 1]);
    }

    [Fact]
    public void Without_gradients_and_in_float32_nothing_is_refused()
    {
        using var check = new NoTensorLeaks();
        using Conv2d layer = nn.Conv2d(2, 3, 3, padding: 1);
        using (new FlatParameters(layer, Half, training: true))
        {
            using IDisposable _ = no_grad();
            layer.call(ones([1, 2, 1, 1], bfloat16)).shape.ShouldBe([1, 3, 1, 1]);
        }
        layer.call(ones(1, 2, 1, 1)).shape.ShouldBe([1, 3, 1, 1]);   // given back: float32 again, and no longer looked at
    }
}
