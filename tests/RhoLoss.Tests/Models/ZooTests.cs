using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

public sealed class ZooTests
{
    public static TheoryData<string> Names { get; } =
        [
            "vgg11-bn", "resnet-34", "resnet-50", "densenet-121", "googlenet", "mobilenet-v2", "inception-v3", "resnet-18-224",
            "resnet-50-224", "mobilenet-v2-224", "mobilenet-v2-folded",
        ];

    // Row 4 of the paper's Fig. 2, and what torchvision's documentation says of its networks for 1000 classes. The last by hand: 3,504,872
    // less weight and bias of 17,056 normalised channels, plus the biases that their convolutions have instead.
    [Theory]
    [InlineData("vgg11-bn", 10, 28_149_514)]
    [InlineData("resnet-34", 10, 21_282_122)]
    [InlineData("resnet-50", 10, 23_520_842)]
    [InlineData("densenet-121", 10, 6_956_426)]
    [InlineData("googlenet", 10, 5_490_986)]
    [InlineData("mobilenet-v2", 10, 2_236_682)]
    [InlineData("inception-v3", 10, 21_638_954)]
    [InlineData("resnet-18-224", 1000, 11_689_512)]
    [InlineData("resnet-50-224", 1000, 25_557_032)]
    [InlineData("mobilenet-v2-224", 1000, 3_504_872)]
    [InlineData("mobilenet-v2-folded", 1000, 3_487_816)]
    public void A_model_has_as_many_parameters_as_the_papers(string name, int classes, long expected)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Zoo.Create(name, classes);
        model.parameters().Sum(p => p.numel()).ShouldBe(expected);
        model.parameters().ShouldAllBe(p => p.requires_grad);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_gradient_reaches_every_parameter_and_the_inputs_stay(string name)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Zoo.Create(name, classes: 7, channels: 1);
        using Generator generator = Seeding.Stream(1, 1);
        Tensor images = rand([4, 1, 32, 32], generator: generator), copy = images.clone();
        model.train();

        Tensor logits = model.forward(images);
        logits.shape.ShouldBe([4, 7]);
        nn.functional.cross_entropy(logits, arange(4, dtype: int64)).backward();

        images.eq(copy).all().item<bool>().ShouldBeTrue();   // the in-place ReLU must not reach them
        foreach ((string parameter, TorchSharp.Modules.Parameter value) in model.named_parameters())
        {
            Tensor? gradient = value.grad;
            (gradient is not null).ShouldBeTrue(parameter);
            gradient!.isfinite().all().item<bool>().ShouldBeTrue(parameter);
            if (value.dim() > 1) { gradient.count_nonzero().item<long>().ShouldBeGreaterThan(0, parameter); }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_seed_alone_determines_the_parameters_and_a_parent_keeps_their_names(string name)
    {
        using var check = new NoTensorLeaks();
        random.manual_seed(1);
        using nn.Module<Tensor, Tensor> one = Zoo.Create(name, seed: 5);
        random.manual_seed(2);
        nn.Module<Tensor, Tensor> same = Zoo.Create(name, seed: 5);
        Dictionary<string, Tensor> expected = one.state_dict();
        using Sequential outer = nn.Sequential(("inner", same));
        Dictionary<string, Tensor> actual = outer.state_dict();

        actual.Keys.ShouldBe(expected.Keys.Select(n => $"inner.{n}"), ignoreOrder: true);
        foreach ((string parameter, Tensor value) in expected)
        {
            value.eq(actual[$"inner.{parameter}"]).all().item<bool>().ShouldBeTrue(parameter);
        }
    }

    [Fact]
    public void Another_seed_gives_other_weights()
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> one = Zoo.Create("mobilenet-v2", seed: 5), other = Zoo.Create("mobilenet-v2", seed: 6);
        foreach ((string parameter, Tensor value) in one.state_dict().Where(s => s.Value.dim() > 1))
        {
            value.eq(other.state_dict()[parameter]).all().item<bool>().ShouldBeFalse(parameter);
        }
    }

    [Theory]
    [InlineData("resnet-50")]
    [InlineData("densenet-121")]
    [InlineData("googlenet")]
    [InlineData("inception-v3")]
    public void A_forward_pass_without_a_gradient_frees_what_is_inside_a_block(string name)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Zoo.Create(name);
        using IDisposable noGradient = no_grad();
        model.eval();
        Tensor images = zeros(1, 3, 32, 32);
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using Tensor logits = model.forward(images);
        (DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount - before).ShouldBe(1);
    }

    [Theory]
    [InlineData("googlenet", true)]
    [InlineData("densenet-121", true)]
    [InlineData("mobilenet-v2", true)]
    [InlineData("googlenet", false)]
    public void The_flat_optimizer_steps_it_and_a_bfloat16_channels_last_replica_ranks_with_it(string name, bool channelsLast)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Zoo.Create(name), replica = Zoo.Create(name, seed: 2);
        using Generator generator = Seeding.Stream(1, 1);
        Tensor images = rand([8, 3, 32, 32], generator: generator), labels = arange(8, dtype: int64);
        var target = new ComputeFormat { ChannelsLast = channelsLast };
        using var parameters = new FlatParameters(model, target);
        using var formatted = new FormattedModel(model, target);
        using var optimizer = new FusedSgd(parameters, new SgdOptions { LearningRate = 0.01 });
        model.eval();   // no dropout, so that the losses of the two passes can be compared
        float Loss()
        {
            using IDisposable scope = NewDisposeScope();
            return nn.functional.cross_entropy(formatted.forward(images), labels).item<float>();
        }

        float before = Loss();
        for (int step = 0; step < 3; step++)
        {
            using IDisposable scope = NewDisposeScope();
            parameters.ZeroGradients();
            nn.functional.cross_entropy(formatted.forward(images), labels).backward();
            optimizer.Step();
        }
        Loss().ShouldBeLessThan(before);

        var fast = new ComputeFormat { Precision = Precision.BFloat16, ChannelsLast = true };
        using var copy = new FlatParameters(replica, fast, training: false);
        using var quick = new FormattedModel(replica, fast);
        copy.CopyFrom(parameters);
        replica.eval();
        using IDisposable noGradient = no_grad();
        Tensor exact = formatted.forward(images), rounded = quick.forward(images);
        rounded.dtype.ShouldBe(float32);
        // bfloat16 has 8 bits of mantissa: 0.4 % a rounding, which grows with depth. The difference is against the size of the logits.
        (rounded - exact).abs().max().item<float>().ShouldBeLessThan(0.1f * exact.abs().max().item<float>());
    }
}
