using RhoLoss.Models;
using RhoLoss.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

[Collection(TakesTheProcess.Name)]
public sealed class BatchNormReluTests
{
    private const double HalfAStep = 1.0 / 256;   // of bfloat16, relative: what rounding to nearest may be off by

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Is_the_layers_result_in_float32_rounded_once(bool training, bool withShortcut)
    {
        using var check = new NoTensorLeaks();
        using IDisposable noGradient = no_grad();
        // 64 channels are two vectors; 3 × 24 × 24 rows of 128 bytes are four pieces, the last one not full.
        Tensor x = Images([3, 64, 24, 24], seed: 1, scale: 3, mean: 5);
        Tensor? shortcut = withShortcut ? Images([3, 64, 24, 24], seed: 2, scale: 1, mean: 0) : null;
        using BatchNorm2d ours = Norm(64, training), layer = Norm(64, training);

        Tensor expected = layer.call(x.to(float32));
        if (shortcut is not null) { expected = expected + shortcut.to(float32); }
        expected = expected.relu();
        Tensor result = BatchNormRelu.Call(ours, x, shortcut);

        ReferenceEquals(result, x).ShouldBeTrue("bfloat16, channels-last and without a gradient it is done in place");
        Tensor allowed = expected * HalfAStep + 1e-5;
        ((result.to(float32) - expected).abs() - allowed).max().item<float>().ShouldBeLessThan(0);
        Numbers(ours.running_mean!).Zip(Numbers(layer.running_mean!))
            .ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) <= 1e-6 * (1 + Math.Abs(pair.Second)));
        Numbers(ours.running_var!).Zip(Numbers(layer.running_var!))
            .ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) <= 1e-5 * (1 + Math.Abs(pair.Second)));
        ours.num_batches_tracked!.item<long>().ShouldBe(training ? 1 : 0);
    }

    [Fact]
    public void Hand_computed_channel()
    {
        using var check = new NoTensorLeaks();
        using IDisposable noGradient = no_grad();
        using BatchNorm2d norm = nn.BatchNorm2d(32, eps: 0);
        // Every channel has -3, -1, 1, 3: mean 0, variance 5. Scaled by 2 and moved by 1.
        norm.weight.fill_(2);
        norm.bias!.fill_(1);
        Tensor x = ChannelsLast(tensor([-3f, -1, 1, 3]).reshape(1, 1, 2, 2).expand(1, 32, 2, 2));
        Tensor shortcut = ChannelsLast(full([1, 32, 2, 2], 0.5f));

        Tensor result = BatchNormRelu.Call(norm, x, shortcut)[0, 17].flatten().to(float32);

        // 2 · (-3, -1, 1, 3)/√5 + 1.5 = -1.1833, 0.6056, 2.3944, 4.1833
        result.data<float>().ToArray().Zip([0f, 0.6056f, 2.3944f, 4.1833f])
            .ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) <= HalfAStep * pair.Second + 1e-4);
        norm.running_mean![0].item<float>().ShouldBe(0);
        norm.running_var![0].item<float>().ShouldBe(0.9f * 1 + 0.1f * 20 / 3, 1e-6);   // the running variance is unbiased: 20 / 3
    }

    [Fact]
    public void A_large_mean_does_not_swallow_the_variance()
    {
        using var check = new NoTensorLeaks();
        using IDisposable noGradient = no_grad();
        using BatchNorm2d norm = nn.BatchNorm2d(32);
        // 1000 and 1008 are bfloat16 numbers.
        Tensor x = ChannelsLast((randint(0, 2, [8, 32, 16, 16], generator: new Generator(3, CPU)).to(float32) * 8) + 1000);
        float exact = x.to(float64).var([0, 2, 3], unbiased: true)[5].to(float32).item<float>();

        BatchNormRelu.Call(norm, x);

        norm.running_var![5].item<float>().ShouldBe(0.9f + 0.1f * exact, 1e-4 * exact);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        using var check = new NoTensorLeaks();
        using IDisposable noGradient = no_grad();
        Tensor x = Images([16, 64, 16, 16], seed: 4, scale: 2, mean: 1), copy = x.clone();
        using BatchNorm2d one = Norm(64, training: true), three = Norm(64, training: true);
        BatchNormRelu.Call(one, x);
        int before = get_num_threads();
        try
        {
            set_num_threads(3);
            BatchNormRelu.Call(three, copy);
        }
        finally
        {
            set_num_threads(before);
        }
        equal(x, copy).all().item<bool>().ShouldBeTrue();
        Numbers(one.running_var!).ShouldBe(Numbers(three.running_var!));
    }

    [Fact]
    public void Not_a_number_stays_one()
    {
        using var check = new NoTensorLeaks();
        using IDisposable noGradient = no_grad();
        using BatchNorm2d norm = nn.BatchNorm2d(32);
        Tensor x = Images([4, 32, 2, 2], seed: 5, scale: 1, mean: 0);
        x[1, 3, 0, 1] = float.NaN;

        Tensor result = BatchNormRelu.Call(norm, x);

        result.isnan().sum([0, 2, 3]).data<long>().ToArray().Index().ShouldAllBe(channel => channel.Item == (channel.Index == 3 ? 16 : 0),
            "one of its channel spoils the statistics, and so the channel, and nothing else");
    }

    [Theory]
    [InlineData(64, true, false)]    // a gradient is asked for
    [InlineData(64, false, true)]    // float32
    [InlineData(24, false, false)]   // not whole vectors
    public void Elsewhere_the_layers_themselves_compute(int channels, bool gradient, bool inFloat32)
    {
        using var check = new NoTensorLeaks();
        Tensor x = Images([2, channels, 4, 4], seed: 6, scale: 1, mean: 0);
        Tensor shortcut = Images([2, channels, 4, 4], seed: 7, scale: 1, mean: 0);
        if (inFloat32) { (x, shortcut) = (x.to(float32), shortcut.to(float32)); }
        using BatchNorm2d ours = Norm(channels, training: true), layers = Norm(channels, training: true);
        using IDisposable mode = gradient ? enable_grad() : no_grad();

        Tensor expected = layers.call(x).add_(shortcut).relu_();
        Tensor result = BatchNormRelu.Call(ours, x, shortcut);

        ReferenceEquals(result, x).ShouldBeFalse();
        result.requires_grad.ShouldBe(gradient);
        equal(result.detach(), expected.detach()).all().item<bool>().ShouldBeTrue();
        Numbers(ours.running_mean!).ShouldBe(Numbers(layers.running_mean!));
    }

    private static BatchNorm2d Norm(int channels, bool training)
    {
        using IDisposable noGradient = no_grad();
        BatchNorm2d norm = nn.BatchNorm2d(channels);
        norm.weight.copy_(linspace(-1, 2, channels));
        norm.bias!.copy_(linspace(1, -1, channels));
        norm.running_mean!.copy_(linspace(4, 6, channels));
        norm.running_var!.copy_(linspace(0.5, 9, channels));
        norm.train(training);
        return norm;
    }

    private static Tensor Images(long[] shape, long seed, double scale, double mean) =>
        ChannelsLast(randn(shape, generator: new Generator((ulong)seed, CPU)) * scale + mean);

    private static Tensor ChannelsLast(Tensor x) => x.to(bfloat16).permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static float[] Numbers(Tensor x) => x.data<float>().ToArray();
}
