using RhoLoss.Models;
using RhoLoss.Randomness;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

public sealed class ModelTests
{
    private static nn.Module<Tensor, Tensor> Create(string model, long channels, int classes, long seed = 1) => model switch
    {
        "mlp-512" => new Mlp(channels * 784, [512, 512, 512], classes, seed),
        "mlp-256" => new Mlp(channels * 784, [256, 256, 256], classes, seed),
        "cnn-32" => new SmallCnn([channels, 32, 32], classes, seed),
        "cnn-28" => new SmallCnn([channels, 28, 28], classes, seed),
        _ => ResNet.ResNet18(channels, classes, seed),
    };

    // algorithm.md, "Architectures, with the sizes that pin them". MLP by hand: 784·512 + 512 + 2 (512·512 + 512) + 512·10 + 10 = 932,362.
    [Theory]
    [InlineData("mlp-512", 1, 10, 932_362)]
    [InlineData("mlp-256", 1, 10, 335_114)]
    [InlineData("cnn-32", 3, 10, 537_610)]
    [InlineData("cnn-32", 3, 100, 560_740)]
    [InlineData("resnet18", 3, 10, 11_173_962)]
    [InlineData("resnet18", 3, 100, 11_220_132)]
    public void A_model_has_the_papers_number_of_parameters(string name, long channels, int classes, long expected)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Create(name, channels, classes);
        model.parameters().Sum(p => p.numel()).ShouldBe(expected);
        model.parameters().ShouldAllBe(p => p.requires_grad);
    }

    [Theory]
    [InlineData("mlp-512", 1, 28, 10)]
    [InlineData("cnn-28", 1, 28, 10)]
    [InlineData("cnn-32", 3, 32, 100)]
    [InlineData("resnet18", 1, 28, 10)]
    [InlineData("resnet18", 3, 32, 100)]
    public void Images_become_one_logit_per_class(string name, long channels, long side, int classes)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Create(name, channels, classes);
        using IDisposable noGradient = no_grad();
        Tensor images = ones(2, channels, side, side), copy = images.clone();
        Tensor logits = model.forward(images);
        logits.shape.ShouldBe([2, classes]);
        logits.isfinite().all().item<bool>().ShouldBeTrue();
        images.eq(copy).all().item<bool>().ShouldBeTrue();   // the in-place ReLU must not reach the inputs
    }

    [Fact]
    public void An_mlp_without_hidden_layers_is_linear_and_leaves_its_inputs_alone()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(4, [], 2, seed: 1);
        model.parameters().Sum(p => p.numel()).ShouldBe(10);   // 4·2 + 2
        model.forward(ones(3, 1, 2, 2)).shape.ShouldBe([3, 2]);
    }

    [Fact]
    public void A_small_cnn_takes_images_down_to_22_pixels_and_refuses_smaller_ones()
    {
        using var check = new NoTensorLeaks();
        using var model = new SmallCnn([1, 22, 25], 10, seed: 1);   // 22 → 10 → 4 → 1
        model.forward(ones(1, 1, 22, 25)).shape.ShouldBe([1, 10]);
        Should.Throw<ArgumentException>(() => new SmallCnn([1, 21, 32], 10, seed: 1)).Message
            .ShouldContain("at least 22×22 pixels, but they are 21×32");
    }

    [Theory]
    [InlineData("mlp-256")]
    [InlineData("cnn-28")]
    [InlineData("resnet18")]
    public void The_seed_alone_determines_the_parameters(string name)
    {
        using var check = new NoTensorLeaks();
        random.manual_seed(1);
        using nn.Module<Tensor, Tensor> one = Create(name, 1, 10, seed: 5);
        random.manual_seed(2);
        using nn.Module<Tensor, Tensor> same = Create(name, 1, 10, seed: 5), other = Create(name, 1, 10, seed: 6);
        Dictionary<string, Tensor> expected = one.state_dict(), actual = same.state_dict(), different = other.state_dict();
        foreach ((string parameter, Tensor value) in expected)
        {
            value.eq(actual[parameter]).all().item<bool>().ShouldBeTrue(parameter);
            if (parameter.Contains("conv", StringComparison.Ordinal) || parameter.StartsWith("fc", StringComparison.Ordinal)
                || parameter.StartsWith("linear", StringComparison.Ordinal))
            {
                value.eq(different[parameter]).all().item<bool>().ShouldBeFalse(parameter);
            }
        }
    }

    [Theory]
    [InlineData("mlp-256")]
    [InlineData("cnn-28")]
    [InlineData("resnet18")]
    public void Weights_and_biases_are_uniform_within_one_over_the_root_of_fan_in(string name)
    {
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = Create(name, 1, 10);
        int layers = 0;
        foreach ((string path, nn.Module layer) in model.named_modules())
        {
            (Tensor? weight, Tensor? bias) = layer switch
            {
                Linear linear => (linear.weight, linear.bias),
                Conv2d convolution => (convolution.weight, convolution.bias),
                _ => (null, null),
            };
            if (weight is null) { continue; }
            layers++;
            long fanIn = weight.numel() / weight.shape[0];
            double bound = 1 / Math.Sqrt(fanIn);
            foreach (Tensor t in new[] { weight, bias }.OfType<Tensor>())
            {
                t.detach().abs().max().item<float>().ShouldBeLessThanOrEqualTo((float)(bound * (1 + 1e-6)), path);
            }
            // Of 500 or more uniform numbers the largest is above 0.95 of the bound with probability 1 − 0.95^500 > 1 − 1e-11,
            // and their mean within five standard errors bound/√(3 n) of 0.
            Tensor w = weight.detach();
            w.abs().max().item<float>().ShouldBeGreaterThan((float)(0.95 * bound), path);
            ((double)w.mean().item<float>()).ShouldBe(0, 5 * bound / Math.Sqrt(3.0 * w.numel()), path);
        }
        layers.ShouldBe(name switch { "mlp-256" => 4, "cnn-28" => 6, _ => 21 });   // ResNet-18: 17 3×3 convolutions, 3 shortcuts, 1 linear
    }

    [Fact]
    public void Reset_draws_every_layer_anew_also_when_the_module_is_the_layer()
    {
        using var check = new NoTensorLeaks();
        using Linear alone = nn.Linear(30, 20);
        using Sequential nested = nn.Sequential(("inner", nn.Sequential(("norm", nn.BatchNorm2d(3)), ("convolution", nn.Conv2d(3, 4, 3)))));
        using (no_grad())
        {
            foreach (Tensor t in nested.state_dict().Values.Where(t => t.is_floating_point()).Append(alone.weight!).Append(alone.bias!))
            {
                t.fill_(7f);
            }
        }
        Initialization.Reset(alone, seed: 1).ShouldBeSameAs(alone);
        Initialization.Reset(nested, seed: 1);
        alone.weight.detach().abs().max().item<float>().ShouldBeLessThanOrEqualTo(1 / MathF.Sqrt(30) + 1e-6f);
        alone.bias!.detach().abs().max().item<float>().ShouldBeLessThanOrEqualTo(1 / MathF.Sqrt(30) + 1e-6f);
        Dictionary<string, Tensor> state = nested.state_dict();
        state["inner.convolution.weight"].detach().abs().max().item<float>().ShouldBeLessThanOrEqualTo(1 / MathF.Sqrt(27) + 1e-6f);
        Examples.Values(state["inner.norm.weight"]).ShouldBe([1, 1, 1]);
        Examples.Values(state["inner.norm.bias"]).ShouldBe([0, 0, 0]);
        Examples.Values(state["inner.norm.running_mean"]).ShouldBe([0, 0, 0]);
        Examples.Values(state["inner.norm.running_var"]).ShouldBe([1, 1, 1]);
    }

    [Theory]
    [InlineData("mlp-256")]
    [InlineData("cnn-28")]
    [InlineData("resnet18")]
    public void A_model_inside_another_module_keeps_its_parameter_names(string name)
    {
        using var check = new NoTensorLeaks();
        nn.Module<Tensor, Tensor> model = Create(name, 1, 10);
        string[] names = [.. model.state_dict().Keys];
        using Sequential outer = nn.Sequential(("inner", model));
        outer.state_dict().Keys.ShouldBe(names.Select(n => $"inner.{n}"), ignoreOrder: true);
    }

    [Fact]
    public void Parameters_of_a_resnet_have_the_names_that_small_image_checkpoints_use()
    {
        using var check = new NoTensorLeaks();
        using var model = ResNet.ResNet18(3, 10, seed: 1);
        Dictionary<string, Tensor> state = model.state_dict();
        state["conv1.weight"].shape.ShouldBe([64, 3, 3, 3]);
        state["bn1.running_var"].shape.ShouldBe([64]);
        state["layer1.0.conv1.weight"].shape.ShouldBe([64, 64, 3, 3]);
        state["layer2.0.shortcut.0.weight"].shape.ShouldBe([128, 64, 1, 1]);
        state["layer2.0.shortcut.1.running_mean"].shape.ShouldBe([128]);
        state["layer4.1.bn2.num_batches_tracked"].shape.ShouldBe([]);
        state["linear.weight"].shape.ShouldBe([10, 512]);
        state["linear.bias"].shape.ShouldBe([10]);
        state.Keys.ShouldNotContain("layer1.0.shortcut.0.weight");
        state.Keys.ShouldNotContain("conv1.bias");
        // 20 convolutions + 20 · 5 of normalisation + 2 (PyTorch 1.13: References/references.json lists them all)
        state.Count.ShouldBe(122);
    }
}
