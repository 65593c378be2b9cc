using RhoLoss.Native;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Native;

/// <summary>The path of this process: every test project prepares it before the first tensor (Support/LibTorchSetup).</summary>
public sealed class NativeConvolutionsTests
{
    [Fact]
    public void Prepare_answers_the_same_again_and_never_leaves_an_unsafe_path()
    {
        ConvolutionPath path = NativeConvolutions.Prepare();
        NativeConvolutions.Prepare().ShouldBe(path);
        NativeConvolutions.Path.ShouldBe(path);
        path.ShouldNotBe(ConvolutionPath.Unsafe);
    }

    [Fact]
    public void Every_path_has_a_name_of_its_own() =>
        Enum.GetValues<ConvolutionPath>().Select(NativeConvolutions.NameOf)
            .ShouldBe(["onednn", "onednn-default-caches", "onednn-sse41", "unsafe"]);

    // The addresses are those of the package that is restored here; another version of it must be looked up anew, not tripped over.
    [Fact]
    public void The_build_of_LibTorch_that_is_restored_is_the_known_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && System.Runtime.Intrinsics.X86.X86Base.X64.IsSupported, "for Linux on x64");
        LibTorchImage.Load().ShouldNotBeNull().IsKnown.ShouldBeTrue();
    }

    // 128 → 4 channels, 1×1: among the first that were found wrong. All inputs and weights 1: every output is 128, every gradient by an
    // input is 4, by a weight 64 · 8 · 8 = 4,096.
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_convolution_with_few_channels_out_is_right(ScalarType type)
    {
        using var check = new NoTensorLeaks();
        Tensor input = ones([64, 128, 8, 8], type).requires_grad_(), weight = ones([4, 128, 1, 1], type).requires_grad_();
        Tensor output = nn.functional.conv2d(input, weight);
        output.backward([ones_like(output)]);
        output.eq(128).all().item<bool>().ShouldBeTrue();
        input.grad!.eq(4).all().item<bool>().ShouldBeTrue();
        weight.grad!.eq(4096).all().item<bool>().ShouldBeTrue();
    }
}
