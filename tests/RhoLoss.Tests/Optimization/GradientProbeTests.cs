using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

/// <summary>The guard against detached gradients where addresses cannot be compared; on the processor here.</summary>
public sealed class GradientProbeTests
{
    [Theory]
    [InlineData(Precision.Float32, false)]
    [InlineData(Precision.BFloat16, true)]
    public void A_view_follows_what_is_written_and_keeps_its_numbers(Precision precision, bool channelsLast)
    {
        using var check = new NoTensorLeaks();
        var format = new ComputeFormat { Precision = precision, ChannelsLast = channelsLast };
        using var model = new SmallResidualNet(seed: 1);
        using var parameters = new FlatParameters(model, format);
        using var formatted = new FormattedModel(model, format);
        parameters.ZeroGradients();
        formatted.forward(ones(2, 3, 8, 8)).square().sum().backward();
        byte[][] before = [.. parameters.Ranges.Select(range => Toys.Bits(range.Gradients!))];
        GradientProbe.Detached(Gradients(model, parameters)).ShouldBeNull();
        parameters.Ranges.Select(range => Toys.Bits(range.Gradients!)).ShouldBe(before);
    }

    [Fact]
    public void A_gradient_of_its_own_is_named()
    {
        using var check = new NoTensorLeaks();
        using var model = new SmallResidualNet(seed: 1);
        using var parameters = new FlatParameters(model);
        model.zero_grad();
        model.forward(ones(2, 3, 8, 8)).sum().backward();
        GradientProbe.Detached(Gradients(model, parameters))!.Name.ShouldBe("_conv1.weight");
    }

    [Fact]
    public void The_first_step_is_looked_at_and_then_one_in_two_hundred()
    {
        var probe = new GradientProbe();
        Enumerable.Range(0, 401).Where(_ => probe.IsDue).ShouldBe([0, 200, 400]);
    }

    private static (FlatRange, FlatEntry, Tensor)[] Gradients(nn.Module model, FlatParameters parameters) =>
    [
        .. parameters.Ranges.SelectMany(range => range.Entries.Select(entry =>
            (range, entry, model.named_parameters().Single(p => p.name == entry.Name).parameter.grad!))),
    ];
}
