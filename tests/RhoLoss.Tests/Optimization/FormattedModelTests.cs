using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

public sealed class FormattedModelTests
{
    [Theory]
    [InlineData(Precision.Float32, true, 1e-5)]     // the order of sums differs: a few units of 2⁻²⁴
    // bfloat16 has relative steps of 2⁻⁸ = 0.004, and the logits have about a dozen layers behind them.
    [InlineData(Precision.BFloat16, false, 0.05)]
    [InlineData(Precision.BFloat16, true, 0.05)]
    public void Logits_are_those_of_the_plain_model(Precision precision, bool channelsLast, double tolerance)
    {
        using var check = new NoTensorLeaks();
        var format = new ComputeFormat { Precision = precision, ChannelsLast = channelsLast };
        using ResNet plain = ResNet.ResNet18(3, 10, seed: 1), model = ResNet.ResNet18(3, 10, seed: 1);
        using var parameters = new FlatParameters(model, format, training: false);
        using var formatted = new FormattedModel(model, format);
        using IDisposable noGradient = no_grad();
        Tensor images = randn([4, 3, 16, 16], generator: new Generator(1, CPU));
        Tensor expected = plain.forward(images), logits = formatted.forward(images);
        logits.dtype.ShouldBe(float32);
        ((logits - expected).norm() / expected.norm()).item<float>().ShouldBeLessThan((float)tolerance);
    }

    [Fact]
    public void Names_and_mode_are_the_inner_models_and_it_outlives_the_wrapper()
    {
        using var check = new NoTensorLeaks();
        using var model = new SmallResidualNet(seed: 1);
        using (var formatted = new FormattedModel(model, ComputeFormat.Default))
        {
            formatted.state_dict().Keys.ShouldBe(model.state_dict().Keys);
            formatted.named_parameters().Select(p => p.name).ShouldBe(model.named_parameters().Select(p => p.name));
            formatted.GetName().ShouldBe("SmallResidualNet");
            formatted.eval();
            model.named_modules().ShouldAllBe(m => !m.module.training);
            formatted.train();
            model.training.ShouldBeTrue();
            formatted.training.ShouldBeTrue();
        }
        model.forward(zeros(2, 3, 8, 8)).shape.ShouldBe([2, 3]);
    }
}
