using System.Runtime.CompilerServices;
using System.Text.Json;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.References;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Models;

/// <summary>
/// GPT-2's network against plain Python in float64 (References/make_transformer_references.py), against LibTorch's own attention, and what
/// its inputs must not change.
/// </summary>
public sealed class CausalTransformerTests
{
    private static readonly JsonElement Reference = JsonDocument.Parse(File.ReadAllText(ReferencePath())).RootElement;
    private static readonly CausalTransformerOptions Tiny = new() { Vocabulary = 11, Context = 8, Layers = 2, Heads = 3, Width = 12 };

    [Fact]
    public void The_sizes_have_as_many_parameters_as_by_hand_and_GPT_2_as_many_as_published()
    {
        using var check = new NoTensorLeaks();
        const long nano = (256 + 256) * 96 + 3 * PerBlock96 + 2 * 96, micro = (256 + 256) * 128 + 4 * PerBlock128 + 2 * 128;
        (nano, micro).ShouldBe((384_864, 858_880));
        Size(CausalTransformerOptions.Nano).ShouldBe(nano);
        Size(CausalTransformerOptions.Micro).ShouldBe(micro);
        Size(new CausalTransformerOptions()).ShouldBe(124_439_808);   // "gpt2" of Hugging Face, whose head is tied

        static long Size(CausalTransformerOptions options)
        {
            using var model = new CausalTransformer(options, seed: 1);
            return model.parameters().Sum(p => p.numel());
        }
    }

    // Query, key and value; their projection; the two maps of the feed-forward part; two normalisations.
    private const long PerBlock96 = (96 * 288 + 288) + (96 * 96 + 96) + (96 * 384 + 384) + (384 * 96 + 96) + 4 * 96;
    private const long PerBlock128 = (128 * 384 + 384) + (128 * 128 + 128) + (128 * 512 + 512) + (512 * 128 + 128) + 4 * 128;

    [Fact]
    public void Names_logits_losses_and_gradients_are_those_of_plain_Python()
    {
        using var check = new NoTensorLeaks();
        using CausalTransformer model = Filled();
        model.state_dict().Keys.Order(StringComparer.Ordinal)
            .ShouldBe(Reference.GetProperty("names").EnumerateArray().Select(n => n.GetString()!));
        model.named_parameters().Select(p => p.name).Order(StringComparer.Ordinal)
            .ShouldBe(model.state_dict().Keys.Order(StringComparer.Ordinal));

        Tensor logits = model.forward(Ids()), labels = Labels();
        logits.shape.ShouldBe([2, 6, 11]);
        Examples.Values(logits).ShouldMatch(Reference.Numbers("logits"), "logits", 1e-5);
        var objective = new TokenCrossEntropy();
        Tensor losses = objective.PerElement(logits, labels);
        Examples.Values(losses).ShouldMatch(Reference.Numbers("losses"), "losses", 1e-5);
        Tensor loss = Objective.Mean(losses, objective.Counted(labels), null);
        loss.item<float>().ShouldBe((float)Reference.GetProperty("loss").GetDouble(), 1e-5f);

        loss.backward();
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            double[] gradient = Examples.Values(parameter.grad!);
            new[] { gradient[0], gradient[gradient.Length / 2], gradient[^1] }
                .ShouldMatch(Reference.GetProperty("gradients").Numbers(name), name, 1e-5);
            parameter.grad!.Dispose();
        }
    }

    [Fact]
    public void Labels_of_padding_count_neither_in_the_loss_nor_in_a_gradient()
    {
        using var check = new NoTensorLeaks();
        var objective = new TokenCrossEntropy();
        Tensor ids = Ids(), labels = Labels();
        double[] LossAndGradients(Tensor inputs)
        {
            using CausalTransformer model = Filled();
            Tensor losses = objective.PerElement(model.forward(inputs), labels);
            Objective.Mean(losses, objective.Counted(labels), null).backward();
            double[] perExample = Examples.Values(Objective.MeanOfEach(losses, objective.Counted(labels)));
            perExample[1].ShouldBe(Examples.Values(losses[1]).Take(3).Average(), 1e-6);   // of six tokens the first three count
            double[] values = [.. perExample, .. model.parameters().SelectMany(p => Examples.Values(p.grad!))];
            foreach (Parameter parameter in model.parameters()) { parameter.grad?.Dispose(); }
            return values;
        }

        double[] before = LossAndGradients(ids);
        Tensor others = ids.clone();
        others[1, 3..] = tensor(new long[] { 9, 1, 2 });   // inputs at and after the first place that is padding
        LossAndGradients(others).ShouldMatch(before, "what lies behind the last label", 1e-7);
    }

    [Fact]
    public void A_later_token_leaves_earlier_logits_as_they_are_to_the_bit()
    {
        using var check = new NoTensorLeaks();
        using var model = new CausalTransformer(CausalTransformerOptions.Nano, seed: 1);
        using IDisposable noGradient = no_grad();
        using Generator random = Seeding.Stream(1, 1);
        Tensor ids = randint(0, 256, [2, 256], dtype: int64, generator: random);
        Tensor logits = model.forward(ids);
        foreach (int place in (int[])[1, 31, 100, 255])
        {
            Tensor changed = ids.clone();
            changed[.., place..] = randint(0, 256, [2, 256 - place], dtype: int64, generator: random);
            Tensor others = model.forward(changed);
            Toys.Bits(others.slice(1, 0, place, 1)).ShouldBe(Toys.Bits(logits.slice(1, 0, place, 1)));
            others[.., place].ne(logits[.., place]).any().item<bool>().ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]   // in train mode attention is written out, and a layer whose dropout keeps all is the same
    public void Attention_is_that_of_MultiheadAttention_with_the_same_weights(double dropout)
    {
        using var check = new NoTensorLeaks();
        using CausalTransformer model = Filled(Tiny with { Dropout = dropout });
        using MultiheadAttention theirs = nn.MultiheadAttention(12, 3);
        using IDisposable noGradient = no_grad();
        var own = model.state_dict();
        foreach ((string name, Tensor value) in theirs.state_dict())
        {
            string part = name.StartsWith("in_proj", StringComparison.Ordinal) ? "c_attn" : "c_proj";
            value.copy_(own[$"transformer.h.1.attn.{part}.{(name.EndsWith("bias", StringComparison.Ordinal) ? "bias" : "weight")}"]);
        }
        var attention = (nn.Module<Tensor, Tensor>)model.named_modules().Single(m => m.name == "transformer.h.1.attn").module;
        Tensor x = PyTorchReferences.InputOf(2, 6, 12), byTime = x.transpose(0, 1);
        theirs.eval();
        Tensor later = ones(6, 6).triu(1).to(ScalarType.Bool);
        // In numbers: TorchSharp 0.107 gives something else for a mask of bool.
        Tensor mask = zeros(6, 6).masked_fill(later, double.NegativeInfinity);
        Tensor expected = theirs.forward(byTime, byTime, byTime, null, need_weights: true, mask).Item1;
        Examples.Values(attention.forward(x)).ShouldMatch(Examples.Values(expected.transpose(0, 1)), "attention", 1e-5);
    }

    [Fact]
    public void Attention_that_drops_probabilities_is_causal_and_its_mean_is_that_of_attention_that_does_not()
    {
        using var check = new NoTensorLeaks();
        using CausalTransformer model = Filled(Tiny with { Dropout = 0.1 });
        using IDisposable noGradient = no_grad();
        var attention = (nn.Module<Tensor, Tensor>)model.named_modules().Single(m => m.name == "transformer.h.0.attn").module;
        Tensor x = PyTorchReferences.InputOf(1, 6, 12).repeat(4000, 1, 1);
        Tensor expected = attention.forward(x)[0];
        attention.train();
        var layers = new LayerRandom(attention);
        Tensor dropped = layers.Run(attention, x, seed: 5);
        // Standard errors of a mean of 4,000 with dropout of 0.1 twice on numbers of at most 4 are below 0.05.
        Examples.Values(dropped.mean([0])).ShouldMatch(Examples.Values(expected), "mean", 0.1);
        Tensor changed = x.clone();
        changed[.., 4..] = 0;
        Toys.Bits(layers.Run(attention, changed, seed: 5)[.., ..4]).ShouldBe(Toys.Bits(dropped[.., ..4]));
        Toys.Bits(layers.Run(attention, x, seed: 6)).ShouldNotBe(Toys.Bits(dropped));
    }

    [Fact]
    public void A_seed_determines_the_parameters_and_residual_projections_begin_smaller()
    {
        using var check = new NoTensorLeaks();
        manual_seed(1);
        using var first = new CausalTransformer(CausalTransformerOptions.Micro, seed: 3);
        manual_seed(2);
        using var again = new CausalTransformer(CausalTransformerOptions.Micro, seed: 3);
        using var other = new CausalTransformer(CausalTransformerOptions.Micro, seed: 4);
        Toys.ParameterBits(again).ShouldBe(Toys.ParameterBits(first));
        Toys.ParameterBits(other).ShouldNotBe(Toys.ParameterBits(first));
        var values = first.state_dict();
        double Deviation(string name) => values[name].std().item<float>();
        // 16,384 numbers and more: a relative standard error of at most 1/√(2 · 16,384) = 0.6 %.
        Deviation("transformer.wte.weight").ShouldBe(0.02, 0.0006);
        Deviation("transformer.wpe.weight").ShouldBe(0.02, 0.0006);
        Deviation("transformer.h.3.attn.c_attn.weight").ShouldBe(0.02, 0.0006);
        Deviation("transformer.h.3.mlp.c_fc.weight").ShouldBe(0.02, 0.0006);
        Deviation("transformer.h.0.attn.c_proj.weight").ShouldBe(0.02 / Math.Sqrt(8), 0.0002);
        Deviation("transformer.h.3.mlp.c_proj.weight").ShouldBe(0.02 / Math.Sqrt(8), 0.0002);
        values.Where(v => v.Key.EndsWith("bias", StringComparison.Ordinal)).ShouldAllBe(v => v.Value.eq(0).all().item<bool>());
        values["transformer.h.2.ln_1.weight"].eq(1).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void In_bfloat16_logits_are_near_those_of_float32_and_the_embeddings_stay()
    {
        using var check = new NoTensorLeaks();
        using CausalTransformer exact = Filled(), rounded = Filled();
        var format = new ComputeFormat { Precision = Precision.BFloat16 };
        using var parameters = new FlatParameters(rounded, format);
        using var formatted = new FormattedModel(rounded, format);
        rounded.state_dict()["transformer.wte.weight"].dtype.ShouldBe(float32);
        rounded.state_dict()["transformer.h.0.mlp.c_fc.weight"].dtype.ShouldBe(bfloat16);
        Tensor logits = formatted.forward(Ids()), expected = exact.forward(Ids());
        logits.dtype.ShouldBe(float32);
        // 8 bits of mantissa: 0.4 % a rounding, through some twenty of them.
        (logits - expected).abs().max().item<float>().ShouldBeInRange(1e-4f, 0.05f * expected.abs().max().item<float>());
        nn.functional.cross_entropy(logits.reshape(12, 11), Labels().flatten(), ignore_index: -100).backward();
        rounded.parameters().ShouldAllBe(p => p.grad!.isfinite().all().item<bool>() && p.grad!.ne(0).any().item<bool>());
    }

    [Fact]
    public void A_forward_pass_without_a_gradient_leaves_its_logits_alone()
    {
        using var check = new NoTensorLeaks();
        using CausalTransformer model = Filled();
        using IDisposable noGradient = no_grad();
        Tensor ids = Ids();
        long before = Toys.LiveTensors;
        using Tensor logits = model.forward(ids);
        (Toys.LiveTensors - before).ShouldBe(1);
        Toys.Bits(model.forward(ids.to(int32))).ShouldBe(Toys.Bits(logits));
    }

    [Fact]
    public void Numbers_long_sequences_strange_ids_and_impossible_sizes_are_refused()
    {
        using var check = new NoTensorLeaks();
        using var model = new CausalTransformer(Tiny, seed: 1);
        Should.Throw<ArgumentException>(() => model.forward(zeros(2, 5))).Message
            .ShouldStartWith("A causal transformer reads token ids, int64 of shape [n, T], but got Float32 of shape [2, 5].");
        Should.Throw<ArgumentException>(() => model.forward(ones(2, 9, dtype: int64))).Message
            .ShouldStartWith("The causal transformer has a context of 8 tokens, but a sequence has 9.");
        Should.Throw<ArgumentException>(() => model.forward(tensor(new long[,] { { 3, 11 } }))).Message
            .ShouldStartWith("Token ids must lie in 0..10, but range over 3..11.");
        Should.Throw<ArgumentException>(() => model.forward(tensor(new long[,] { { -1, 2 } }))).Message
            .ShouldStartWith("Token ids must lie in 0..10, but range over -1..2.");
        Should.Throw<ArgumentException>(() => new CausalTransformer(Tiny with { Heads = 5 }, 1)).Message
            .ShouldBe("CausalTransformerOptions.Width must be a multiple of Heads (5), but was 12.");
        Should.Throw<ArgumentException>(() => new CausalTransformer(Tiny with { Vocabulary = 0 }, 1)).Message
            .ShouldBe("CausalTransformerOptions.Vocabulary must be at least 1, but was 0.");
        Should.Throw<ArgumentException>(() => new CausalTransformer(Tiny with { Dropout = 1 }, 1)).Message
            .ShouldBe("CausalTransformerOptions.Dropout must be at least 0 and below 1, but was 1.");
    }

    private static CausalTransformer Filled(CausalTransformerOptions? options = null)
    {
        var model = new CausalTransformer(options ?? Tiny, seed: 1);
        PyTorchReferences.Fill(model);
        model.eval();
        return model;
    }

    private static Tensor Ids() => tensor(Reference.Whole("ids"), [2, 6]);

    private static Tensor Labels() => tensor(Reference.Whole("labels"), [2, 6]);

    private static string ReferencePath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "References", "transformer.json");
}
