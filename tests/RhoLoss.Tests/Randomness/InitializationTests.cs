using RhoLoss.Randomness;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Randomness;

/// <summary>Seeded parameters of a user's own networks; distributions as PyTorch's documentation gives them for each layer.</summary>
[Collection(TakesTheProcess.Name)]
public sealed class InitializationTests
{
    public static TheoryData<string, string, double> Uniforms => new()
    {
        { "linear", "weight", 1 / Math.Sqrt(40) },
        { "linear", "bias", 1 / Math.Sqrt(40) },
        { "conv1d", "weight", 1 / Math.Sqrt(40 * 3) },
        { "conv2d", "weight", 1 / Math.Sqrt(40 * 9) },
        { "conv3d", "bias", 1 / Math.Sqrt(40 * 27) },
        { "lstm", "weight_ih_l0", 1 / Math.Sqrt(30) },
        { "lstm", "bias_hh_l0", 1 / Math.Sqrt(30) },
        { "gru", "weight_hh_l0", 1 / Math.Sqrt(30) },
        { "attention", "in_proj_weight", Math.Sqrt(6.0 / (40 + 120)) },
        { "attention", "out_proj.weight", 1 / Math.Sqrt(40) },
    };

    // Uniform in ±bound: none is outside, the largest of so many is near it, and the variance is bound² / 3.
    [Theory]
    [MemberData(nameof(Uniforms))]
    public void Uniform_parameters_have_the_bound_of_their_layer(string layer, string parameter, double bound)
    {
        using var check = new NoTensorLeaks();
        using nn.Module module = Initialization.Reset(Create(layer), seed: 4);
        float[] values = Toys.Floats(module.named_parameters().Single(p => p.name == parameter).parameter.flatten());
        values.ShouldAllBe(v => Math.Abs(v) <= bound * (1 + 1e-6));
        values.Max(v => Math.Abs(v)).ShouldBeGreaterThan((float)(0.8 * bound));
        if (values.Length > 1000) { values.Average(v => (double)v * v).ShouldBe(bound * bound / 3, tolerance: 0.1 * bound * bound / 3); }
    }

    [Fact]
    public void Embeddings_are_standard_normal()
    {
        using var check = new NoTensorLeaks();
        using Embedding embedding = Initialization.Reset(nn.Embedding(500, 20), seed: 4);
        float[] values = Toys.Floats(embedding.weight!.flatten());
        values.Average().ShouldBe(0, tolerance: 0.04);                     // 4 / √10,000
        values.Average(v => (double)v * v).ShouldBe(1, tolerance: 0.06);   // 4 · √(2 / 10,000)
    }

    [Theory]
    [InlineData("layer norm")]
    [InlineData("group norm")]
    [InlineData("batch norm 1d")]
    [InlineData("batch norm 3d")]
    [InlineData("instance norm")]
    public void Normalisation_begins_as_the_identity(string layer)
    {
        using var check = new NoTensorLeaks();
        using nn.Module module = Create(layer);
        using (no_grad()) { foreach (Parameter p in module.parameters()) { p.fill_(7); } }
        Initialization.Reset(module, seed: 4);
        foreach ((string name, Parameter p) in module.named_parameters())
        {
            Toys.Floats(p.flatten()).ShouldAllBe(v => v == (name == "weight" ? 1 : 0));
        }
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("conv1d")]
    [InlineData("lstm")]
    [InlineData("gru")]
    [InlineData("attention")]
    [InlineData("embedding")]
    public void Equal_seeds_give_equal_parameters_and_the_processs_own_stream_stands_still(string layer)
    {
        using var check = new NoTensorLeaks();
        using nn.Module first = Create(layer), second = Create(layer), other = Create(layer);
        byte[] stream = Toys.Bits(random.get_rng_state());
        Initialization.Reset(first, seed: 4);
        Initialization.Reset(second, seed: 4);
        Initialization.Reset(other, seed: 5);
        Toys.Bits(second).ShouldBe(Toys.Bits(first));
        Toys.Bits(other).ShouldNotBe(Toys.Bits(first));
        Toys.Bits(random.get_rng_state()).ShouldBe(stream);
    }

    [Fact]
    public void A_layer_without_a_rule_is_refused_by_name()
    {
        using var check = new NoTensorLeaks();
        using PReLU layer = nn.PReLU(3);
        Should.Throw<NotSupportedException>(() => Initialization.Reset(layer, seed: 1)).Message
            .ShouldBe("There is no rule to initialise the parameters of PReLU from a seed.");
    }

    private static nn.Module Create(string layer) => layer switch
    {
        "linear" => nn.Linear(40, 60),
        "conv1d" => nn.Conv1d(40, 20, 3),
        "conv2d" => nn.Conv2d(40, 20, 3),
        "conv3d" => nn.Conv3d(40, 60, 3),
        "lstm" => nn.LSTM(10, 30),
        "gru" => nn.GRU(10, 30),
        "attention" => nn.MultiheadAttention(40, 4),
        "embedding" => nn.Embedding(5, 4),
        "layer norm" => nn.LayerNorm([8]),
        "group norm" => nn.GroupNorm(2, 8),
        "batch norm 1d" => nn.BatchNorm1d(8),
        "batch norm 3d" => nn.BatchNorm3d(8),
        _ => nn.InstanceNorm2d(8, affine: true),
    };
}
