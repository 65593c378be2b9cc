using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

public sealed class StridedPointwiseTests
{
    [Theory]
    [InlineData(5, 1, 2, true)]      // wrote out of bounds where it was tried
    [InlineData(12, 1, 2, true)]
    [InlineData(8, 1, 2, false)]
    [InlineData(64, 1, 2, false)]    // the shortcut of a ResNet
    [InlineData(5, 1, 1, false)]
    [InlineData(5, 3, 2, false)]
    public void A_convolution_of_one_with_a_stride_needs_channels_in_eights(long channels, long kernel, long stride, bool refused)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("mix", nn.Conv2d(channels, 16, kernel, stride: stride)));
        Action take = () => StridedPointwise.RequireNone(model);
        if (!refused)
        {
            take.ShouldNotThrow();
            return;
        }
        Should.Throw<InvalidOperationException>(take).Message
            .ShouldContain($"stride {stride}×{stride} and {channels} input channels (mix)");
    }

    [Fact]
    public void No_network_of_the_library_has_one()
    {
        using var check = new NoTensorLeaks();
        foreach (Func<nn.Module> create in (Func<nn.Module>[])
                 [
                     () => new SmallCnn([3, 32, 32], 10, seed: 1),
                     () => ResNet.ResNet18(3, 10, seed: 1),
                     () => ResNet.ResNet50(3, 10, seed: 1),
                     () => new GoogLeNet(3, 10, seed: 1),
                 ])
        {
            using nn.Module model = create();
            Should.NotThrow(() => StridedPointwise.RequireNone(model));
        }
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("ALL", false)]
    [InlineData("SSE41", false)]
    [InlineData("AVX512_CORE", false)]
    [InlineData("AVX10_1_512", false)]
    [InlineData("AVX2", true)]
    [InlineData("avx2_vnni", true)]
    public void Limits_of_oneDNN_below_AVX_512_are_known_by_name(string? limit, bool below) =>
        StridedPointwise.IsHeldToAvx2(limit).ShouldBe(below);
}
