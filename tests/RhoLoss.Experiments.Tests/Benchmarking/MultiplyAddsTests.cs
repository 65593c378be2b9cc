using RhoLoss.Experiments.Benchmarking;
using RhoLoss.Models;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Benchmarking;

public sealed class MultiplyAddsTests
{
    [Fact]
    public void A_resnet18_for_small_images_takes_555_million()
    {
        using var check = new NoTensorLeaks();
        using ResNet model = ResNet.ResNet18(3, 10, seed: 0);

        // Places times weights: stem, then stages of four 3×3 convolutions, of which three have as many inputs as outputs and the first of
        // stages 2 to 4 has half as many, with a 1×1 shortcut; then 512 × 10. 555.4 million.
        long stem = 32 * 32 * 27 * 64, first = 4L * 32 * 32 * 9 * 64 * 64;
        long Stage(long side, long width) => side * side * (9 * width / 2 * width + 3 * 9 * width * width + width / 2 * width);
        long expected = stem + first + Stage(16, 128) + Stage(8, 256) + Stage(4, 512) + 5120;
        (expected / 100_000).ShouldBe(5554);
        MultiplyAdds.PerExample(model, [3, 32, 32]).ShouldBe(expected);
    }

    // As usually quoted for 224×224 (torchvision's documentation): 1.81, 4.09 and 0.30 billion.
    [Theory]
    [InlineData("resnet-18-224", 1.81)]
    [InlineData("resnet-50-224", 4.09)]
    [InlineData("mobilenet-v2-224", 0.30)]
    public void Branches_and_strides_are_counted_where_they_happen(string name, double billions)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = name switch
        {
            "resnet-18-224" => ResNet.ResNet18Large(3, 1000, seed: 0),
            "resnet-50-224" => ResNet.ResNet50Large(3, 1000, seed: 0),
            _ => MobileNetV2.Large(3, 1000, seed: 0),
        };

        Math.Round(MultiplyAdds.PerExample(model, [3, 224, 224]) / 1e9, 2).ShouldBe(billions);
        model.training.ShouldBeTrue();
    }

    [Fact]
    public void The_small_cnn_takes_19_million()
    {
        using var check = new NoTensorLeaks();
        using var model = new SmallCnn([3, 32, 32], 10, seed: 0);

        // Sides 30, 13 (after pooling to 15) and 4 (after pooling to 6), then 2·2·256 numbers into 128, 256 and 10.
        long expected = 30 * 30 * 27 * 64 + 13 * 13 * 9 * 64 * 128 + 4 * 4 * 9 * 128 * 256 + 1024 * 128 + 128 * 256 + 256 * 10;
        (expected / 100_000).ShouldBe(189);
        MultiplyAdds.PerExample(model, [3, 32, 32]).ShouldBe(expected);
    }
}
