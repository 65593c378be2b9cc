using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace RhoLoss.Tests.Optimization;

public sealed class FlatParametersTests
{
    private static readonly ComputeFormat Half = new() { Precision = Precision.BFloat16 };
    private static readonly ComputeFormat ChannelsLast = new() { ChannelsLast = true };
    private static readonly ComputeFormat HalfChannelsLast = new() { Precision = Precision.BFloat16, ChannelsLast = true };

    [Fact]
    public void Names_shapes_and_values_stay()
    {
        using var check = new NoTensorLeaks();
        using var model = new SmallResidualNet(seed: 1);
        using var untouched = new SmallResidualNet(seed: 1);
        foreach (ComputeFormat format in (ComputeFormat[])[ComputeFormat.Default, ChannelsLast, Half, HalfChannelsLast])
        {
            using var parameters = new FlatParameters(model, format);
            Dictionary<string, Tensor> expected = untouched.state_dict(), state = parameters.StateDict();
            model.state_dict().Keys.ShouldBe(expected.Keys);
            state.Keys.ShouldBe(expected.Keys);
            foreach ((string name, Tensor value) in expected)
            {
                state[name].dtype.ShouldBe(value.dtype, name);
                state[name].shape.ShouldBe(value.shape, name);
                Toys.Bits(state[name]).ShouldBe(Toys.Bits(value), $"{name}, {format}");
                model.state_dict()[name].shape.ShouldBe(value.shape, name);
            }
        }
    }

    [Fact]
    public void Convolution_and_linear_layers_come_first_each_parameter_at_a_multiple_of_32()
    {
        using var check = new NoTensorLeaks();
        using var model = new SmallResidualNet(seed: 1);
        using var parameters = new FlatParameters(model, Half);
        // conv1 [4, 3, 3, 3] = 108 → 128, conv2 [4, 4, 3, 3] = 144 → 160, linear [3, 4] → 32, [3] → 32; then two norms of two [4] → 4 · 32.
        parameters.Values.shape.ShouldBe([128 + 160 + 32 + 32 + 4 * 32]);
        parameters.Ranges.Select(r => (r.Start, r.Count, r.Weights.dtype)).ShouldBe([(0L, 352L, bfloat16), (352L, 128L, float32)]);
        parameters.Ranges.Select(r => r.Gradients!.dtype).ShouldBe([bfloat16, float32]);
        model.named_parameters().Where(p => p.parameter.dtype == float32).Select(p => p.name.Split('.')[0]).Distinct()
            .ShouldBe(["_bn1", "_bn2"]);
        model.buffers().Select(b => b.dtype).Distinct().ShouldBe([float32, int64], ignoreOrder: true);
    }

    [Theory]
    [InlineData(Precision.Float32, false)]
    [InlineData(Precision.Float32, true)]
    [InlineData(Precision.BFloat16, false)]
    [InlineData(Precision.BFloat16, true)]
    public void Views_survive_passes_and_steps(Precision precision, bool channelsLast)
    {
        using var check = new NoTensorLeaks();
        var format = new ComputeFormat { Precision = precision, ChannelsLast = channelsLast };
        using var model = new SmallResidualNet(seed: 1);
        using var parameters = new FlatParameters(model, format);
        using var formatted = new FormattedModel(model, format);
        using Optimizer optimizer = new AdamWOptions().CreateFor(parameters);
        using var generator = new Generator(1, CPU);
        for (int step = 0; step < 3; step++)
        {
            byte[] before = Toys.Bits(parameters.Values);
            optimizer.ZeroGradients();
            foreach (FlatRange range in parameters.Ranges) { range.Gradients!.count_nonzero().item<long>().ShouldBe(0); }
            formatted.forward(randn([5, 3, 8, 8], generator: generator)).square().sum().backward();
            foreach (FlatRange range in parameters.Ranges) { range.Gradients!.count_nonzero().item<long>().ShouldBeGreaterThan(0); }
            optimizer.Step();
            Toys.Bits(parameters.Values).ShouldNotBe(before);
        }
        foreach (Parameter parameter in model.parameters())   // still views: what is written flat is seen in the layers
        {
            parameter.grad.ShouldNotBeNull();
        }
        foreach (FlatRange range in parameters.Ranges)
        {
            range.Masters!.fill_(2);
            range.Gradients!.fill_(3);
        }
        parameters.RoundMasters();
        foreach (Parameter parameter in model.parameters())
        {
            parameter.eq(2).all().item<bool>().ShouldBeTrue();
            parameter.grad!.eq(3).all().item<bool>().ShouldBeTrue();
        }
    }

    [Fact]
    public void A_frozen_parameter_stays_as_it_is()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(3, [4], 2, seed: 1);
        Parameter frozen = model.named_parameters().First().parameter;
        frozen.requires_grad = false;
        byte[] before = Toys.Bits(frozen);
        using var parameters = new FlatParameters(model, Half);
        using Optimizer optimizer = new AdamWOptions().CreateFor(parameters);
        using var formatted = new FormattedModel(model, Half);
        optimizer.ZeroGradients();
        formatted.forward(ones(2, 3)).sum().backward();
        optimizer.Step();   // weight decay alone would move it
        Toys.Bits(parameters.StateDict().First().Value).ShouldBe(before);
    }

    [Fact]
    public void A_replica_takes_over_parameters_and_buffers()
    {
        using var check = new NoTensorLeaks();
        using var source = new SmallResidualNet(seed: 1);
        using var ofSource = new FlatParameters(source);
        source.forward(randn([4, 3, 8, 8], generator: new Generator(1, CPU)));   // moves the running statistics
        foreach (ComputeFormat format in (ComputeFormat[])[ComputeFormat.Default, ChannelsLast, Half, HalfChannelsLast])
        {
            using var replica = new SmallResidualNet(seed: 2);
            using var ofReplica = new FlatParameters(replica, format, training: false);
            ofReplica.CopyFrom(ofSource);
            foreach ((string name, Tensor value) in source.state_dict())
            {
                Tensor own = replica.state_dict()[name];
                Toys.Bits(own).ShouldBe(Toys.Bits(value.to(own.dtype)), $"{name}, {format}");
            }
            replica.parameters().All(p => p.grad is null).ShouldBeTrue("a replica that only runs forward has no gradients");
        }
    }

    [Fact]
    public void A_replica_of_another_architecture_is_refused_with_what_differs()
    {
        using var check = new NoTensorLeaks();
        using Mlp narrow = new(8, [6], 3, seed: 1), wide = new(8, [7], 3, seed: 1), deep = new(8, [6, 6], 3, seed: 1);
        using FlatParameters ofNarrow = new(narrow), ofWide = new(wide), ofDeep = new(deep);
        byte[] before = Toys.Bits(narrow);
        Should.Throw<ArgumentException>(() => ofNarrow.CopyFrom(ofWide)).Message.ShouldContain("fc1.weight is [6, 8] for [7, 8]");
        Should.Throw<ArgumentException>(() => ofNarrow.CopyFrom(ofDeep)).Message.ShouldContain("fc3.weight is only in the source");
        Should.Throw<ArgumentException>(() => ofDeep.CopyFrom(ofNarrow)).Message.ShouldContain("fc3.weight is only in the replica");
        Toys.Bits(narrow).ShouldBe(before);
    }

    [Fact]
    public void Only_float32_models_with_parameters_are_laid_out()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(2, [], 2, seed: 1);
        model.to(float64);
        Should.Throw<ArgumentException>(() => new FlatParameters(model)).Message.ShouldContain("fc1.weight of Mlp is Float64");
        using var empty = new PassThrough();
        Should.Throw<ArgumentException>(() => new FlatParameters(empty)).Message.ShouldContain("PassThrough has no parameters");
    }

    [Fact]
    public void Gradients_that_zero_grad_detached_are_noticed_and_taken_back()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(3, [], 2, seed: 1);
        using var parameters = new FlatParameters(model);
        using Optimizer optimizer = new SgdOptions().CreateFor(parameters);
        model.zero_grad();
        model.forward(ones(1, 3)).sum().backward();
        Should.Throw<InvalidOperationException>(() => optimizer.Step()).Message.ShouldContain("fc1.bias is no longer a view");
        optimizer.ZeroGradients();
        model.forward(ones(1, 3)).sum().backward();
        optimizer.Step();
        // d/dW and d/db of Σ(W·1 + b) are 1, [2, 3] and [2] of them.
        parameters.Ranges[0].Gradients!.sum().item<float>().ShouldBe(2 * 3 + 2);
    }

    [Fact]
    public void A_bfloat16_model_is_an_ordinary_one_again_with_its_masters()
    {
        using var check = new NoTensorLeaks();
        using SmallResidualNet model = new(seed: 1), untouched = new(seed: 1);
        using (var parameters = new FlatParameters(model, HalfChannelsLast))
        {
            model.parameters().Select(p => p.dtype).ShouldContain(bfloat16);
        }
        Toys.Bits(model).ShouldBe(Toys.Bits(untouched));
        using var again = new FlatParameters(model);
        model.forward(zeros(2, 3, 8, 8)).dtype.ShouldBe(float32);
    }
}
