using RhoLoss.Models;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

public sealed class TextSamplerTests
{
    [Fact]
    public void Tokens_are_drawn_as_often_as_the_model_says()
    {
        using var check = new NoTensorLeaks();
        using var model = new Fixed([0.5, 0.3, 0.15, 0.05]);
        // Of 10,000 draws a share has a standard error of at most 0.005.
        Shares(new TextSampler { Context = 4 }, model).ShouldBe([0.5, 0.3, 0.15, 0.05], tolerance: 0.02);
        // p^(1/T) for T = ½ is p²: 0.25, 0.09, 0.0225, 0.0025 of 0.365.
        Shares(new TextSampler { Context = 4, Temperature = 0.5 }, model)
            .ShouldBe([0.25 / 0.365, 0.09 / 0.365, 0.0225 / 0.365, 0.0025 / 0.365], tolerance: 0.02);
        Shares(new TextSampler { Context = 4, TopK = 2 }, model).ShouldBe([0.625, 0.375, 0, 0], tolerance: 0.02);
        Shares(new TextSampler { Context = 4, TopK = 1 }, model).ShouldBe([1, 0, 0, 0]);
        Shares(new TextSampler { Context = 4, TopK = 9 }, model).ShouldBe([0.5, 0.3, 0.15, 0.05], tolerance: 0.02);
        Shares(new TextSampler { Context = 4, Temperature = 0 }, model).ShouldBe([1, 0, 0, 0]);

        static double[] Shares(TextSampler sampler, nn.Module<Tensor, Tensor> model)
        {
            long[] drawn = sampler.Continue(model, [0], 10_000, seed: 1);
            return [.. Enumerable.Range(0, 4).Select(token => drawn.Count(d => d == token) / 10_000.0)];
        }
    }

    [Fact]
    public void The_seed_alone_determines_what_is_drawn_and_the_model_keeps_its_mode()
    {
        using var check = new NoTensorLeaks();
        var sizes = new CausalTransformerOptions { Vocabulary = 50, Context = 8, Layers = 1, Heads = 1, Width = 8, Dropout = 0.5 };
        using var model = new CausalTransformer(sizes, seed: 1);
        var sampler = new TextSampler { Context = 8 };
        manual_seed(1);
        long[] first = sampler.Continue(model, [3, 4], 30, seed: 7);
        manual_seed(2);
        sampler.Continue(model, [3, 4], 30, seed: 7).ShouldBe(first);
        sampler.Continue(model, [3, 4], 30, seed: 8).ShouldNotBe(first);
        sampler.Continue(model, [3, 4], 12, seed: 7).ShouldBe(first[..12]);
        model.training.ShouldBeTrue();
        sampler.Continue(model, [3], 0, seed: 7).ShouldBeEmpty();
    }

    [Fact]
    public void Only_the_last_tokens_of_the_context_are_read()
    {
        using var check = new NoTensorLeaks();
        using var model = new CausalTransformer(
            new CausalTransformerOptions { Vocabulary = 50, Context = 5, Layers = 1, Heads = 1, Width = 8 }, seed: 1);
        var sampler = new TextSampler { Context = 5 };
        long[] expected = sampler.Continue(model, [3, 4, 5, 6, 7], 20, seed: 1);
        sampler.Continue(model, [9, 9, 9, 3, 4, 5, 6, 7], 20, seed: 1).ShouldBe(expected);
        sampler.Continue(model, [9, 9, 9, 3, 4, 5, 6, 8], 20, seed: 1).Length.ShouldBe(20);
    }

    [Fact]
    public void What_cannot_be_gone_on_with_is_refused()
    {
        using var check = new NoTensorLeaks();
        using var model = new CausalTransformer(
            new CausalTransformerOptions { Vocabulary = 50, Context = 5, Layers = 1, Heads = 1, Width = 8 }, seed: 1);
        var sampler = new TextSampler { Context = 5 };
        Should.Throw<ArgumentException>(() => sampler.Continue(model, [], 3, 1)).Message
            .ShouldStartWith("A prompt must have at least one token, and no id below 0.");
        Should.Throw<ArgumentException>(() => sampler.Continue(model, [50], 3, 1)).Message.ShouldStartWith("Token ids must lie in 0..49");
        Should.Throw<ArgumentException>(() => (sampler with { Temperature = -1 }).Continue(model, [1], 3, 1)).Message
            .ShouldBe("TextSampler.Temperature must be a number of at least 0, but was -1.");
        Should.Throw<ArgumentException>(() => (sampler with { Context = 0 }).Continue(model, [1], 3, 1)).Message
            .ShouldBe("TextSampler.Context must be at least 1, but was 0.");
        Should.Throw<ArgumentException>(() => (sampler with { TopK = -1 }).Continue(model, [1], 3, 1)).Message
            .ShouldBe("TextSampler.TopK must be at least 0, but was -1.");
        Should.Throw<ArgumentOutOfRangeException>(() => sampler.Continue(model, [1], -1, 1));
    }

    /// <summary>Foretells the same probabilities everywhere.</summary>
    private sealed class Fixed(double[] probabilities) : nn.Module<Tensor, Tensor>(nameof(Fixed))
    {
        public override Tensor forward(Tensor input) =>
            tensor(probabilities).log().to(float32).expand(input.shape[0], input.shape[1], probabilities.Length);
    }
}
