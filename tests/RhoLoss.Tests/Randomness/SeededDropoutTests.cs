using RhoLoss.Randomness;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Randomness;

[Collection(TakesTheProcess.Name)]
public sealed class SeededDropoutTests
{
    private static Tensor Dropped(SeededDropout layer, Tensor input, long seed) => new LayerRandom(layer).Run(layer, input, seed);

    [Fact]
    public void Kept_elements_are_divided_by_the_share_that_is_kept_and_about_that_share_is()
    {
        using var check = new NoTensorLeaks();
        using var layer = new SeededDropout(0.2);
        Tensor ones = torch.ones(100, 100), dropped = Dropped(layer, ones, seed: 1);
        Tensor kept = dropped.ne(0);
        dropped.masked_select(kept).eq(1 / 0.8f).all().item<bool>().ShouldBeTrue();
        // Binomial(10,000, 0.8) has deviation 40; 200 is five of them.
        ((double)kept.sum().item<long>()).ShouldBe(8000, tolerance: 200);
    }

    [Fact]
    public void The_mask_is_a_function_of_the_seed_in_every_format_and_layout()
    {
        using var check = new NoTensorLeaks();
        using var layer = new SeededDropout(0.5);
        Tensor ones = torch.ones(4, 6, 8, 8);
        bool[] Mask(Tensor input, long seed) => Dropped(layer, input, seed).ne(0).flatten().data<bool>().ToArray();
        bool[] mask = Mask(ones, seed: 3);
        Mask(ones, seed: 3).ShouldBe(mask);
        Mask(ones, seed: 4).ShouldNotBe(mask);
        Mask(ones.to(bfloat16), seed: 3).ShouldBe(mask);
        Mask(ones.to(float64), seed: 3).ShouldBe(mask);
        Mask(ones.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2), seed: 3).ShouldBe(mask);
    }

    [Fact]
    public void Gradients_pass_where_elements_are_kept()
    {
        using var check = new NoTensorLeaks();
        using var layer = new SeededDropout(0.5);
        Tensor input = torch.ones(50, requires_grad: true), dropped = Dropped(layer, input, seed: 1);
        dropped.sum().backward();
        using Tensor gradient = input.grad!;
        gradient.eq(dropped).all().item<bool>().ShouldBeTrue();   // 2 where kept, 0 elsewhere
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0.5)]
    public void In_eval_mode_and_at_rate_0_inputs_stay_and_may_be_freed(bool training, double rate)
    {
        using var check = new NoTensorLeaks();
        // Frees what it hands on.
        using nn.Module<Tensor, Tensor> layers = nn.Sequential(nn.Identity(), new SeededDropout(rate), nn.Identity());
        layers.train(training);
        Tensor input = rand(7);
        layers.forward(input).eq(input).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Outside_a_pass_of_the_library_it_is_torchs_dropout()
    {
        using var check = new NoTensorLeaks();
        using var layer = new SeededDropout(0.3);
        Tensor input = rand(100);
        manual_seed(5);
        Tensor dropped = layer.forward(input);
        manual_seed(5);
        nn.functional.dropout(input, 0.3, training: true).eq(dropped).all().item<bool>().ShouldBeTrue();
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void What_is_no_rate_is_refused(double rate) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new SeededDropout(rate)).ParamName.ShouldBe("rate");
}
