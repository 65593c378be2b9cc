using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

/// <summary>Gradients of all parameters scaled together; by hand: UpdateOptionsTests.</summary>
public sealed class ClipGradientNormTests
{
    private static readonly ComputeFormat Half = new() { Precision = Precision.BFloat16 };

    // PyTorch's formula: c = max / (‖g‖₂ + 1e-6) with ‖g‖₂ the norm of the norms of the parameters, g ← min(c, 1) · g.
    [Theory]
    [InlineData(0.5)]
    [InlineData(100)]   // normal numbers, 75 of them: their norm is near √75
    public void It_is_PyTorchs_formula_over_parameters(double highest)
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var flat = new FlatParameters(model);
        using var generator = new Generator(1, CPU);
        Parameter[] parameters = [.. model.parameters()];
        foreach (Parameter p in parameters) { p.grad!.copy_(randn(p.shape, generator: generator)); }
        Tensor total = stack([.. parameters.Select(p => p.grad!.norm())]).norm();
        Tensor factor = (highest / (total + 1e-6)).clamp(max: 1);
        double[][] expected = [.. parameters.Select(p => Examples.Values((p.grad! * factor).flatten()))];

        Tensor norm = flat.ClipGradientNorm(highest);

        norm.item<float>().ShouldBe(total.item<float>(), tolerance: 1e-5);
        norm.item<float>().ShouldBe(MathF.Sqrt(75), tolerance: 2);
        foreach ((Parameter p, double[] values) in parameters.Zip(expected))
        {
            Examples.Values(p.grad!.flatten()).ShouldBe(values, tolerance: 1e-6);
        }
    }

    public static TheoryData<string> Optimizers => ["sgd", "adamw", "TorchSharp's"];

    // The twin is clipped by TorchSharp's own, which is LibTorch's formula, before steps of TorchSharp's optimizers.
    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Steps_are_those_of_TorchSharps_clipping_with_any_optimizer(string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using Mlp model = new(8, [6], 3, seed: 5), twin = new(8, [6], 3, seed: 5);
        using optim.Optimizer own = name switch
        {
            "sgd" => optim.SGD(twin.parameters(), 0.1, 0.9),
            "adamw" => optim.AdamW(twin.parameters(), 1e-3, 0.9, 0.999, 1e-8, 0.01),
            _ => optim.RMSProp(twin.parameters(), 0.01),
        };
        const double highest = 0.05;
        using var trainer = new Trainer(model, data, new TrainerOptions
        {
            BatchSize = 4,
            ClipGradientNorm = highest,
            Optimizer = name switch
            {
                "sgd" => new SgdOptions { LearningRate = 0.1, Momentum = 0.9 },
                "adamw" => new AdamWOptions(),
                _ => new TorchOptimizerOptions(p => optim.RMSProp(p, 0.01)),
            },
        });
        var norms = new List<double>();
        trainer.OnStep = taken =>
        {
            own.zero_grad();
            nn.functional.cross_entropy(twin.forward(taken.Selected.Inputs), taken.Selected.Labels).backward();
            norms.Add(nn.utils.clip_grad_norm_(twin.parameters(), highest));
            own.step()?.Dispose();
        };
        for (int step = 0; step < 10; step++)
        {
            trainer.Step();
            foreach ((Parameter p, Parameter other) in model.parameters().Zip(twin.parameters()))
            {
                Examples.Values(p.flatten()).ShouldBe(Examples.Values(other.flatten()), tolerance: 1e-5);
            }
        }
        norms.Count(norm => norm > highest).ShouldBeGreaterThan(5);
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void A_norm_that_is_never_reached_leaves_the_bits_of_no_clipping(Precision precision)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        byte[] Bits(double? highest)
        {
            using var model = new Mlp(8, [6], 3, seed: 5);
            using var trainer = new Trainer(model, data, new TrainerOptions
            {
                BatchSize = 4,
                ClipGradientNorm = highest,
                Format = new ComputeFormat { Precision = precision },
            });
            for (int step = 0; step < 5; step++) { trainer.Step(); }
            return Toys.Bits(trainer.Parameters.Values);
        }

        Bits(1e6).ShouldBe(Bits(null));
        Bits(0.01).ShouldNotBe(Bits(null));
    }

    // 4,096 gradients of 1 + 2⁻⁷, which bfloat16 holds, have norm 64 · (1 + 2⁻⁷) = 64.5; their sum of squares, 4,160.25, it does not
    // hold.
    [Fact]
    public void Where_layers_compute_in_bfloat16_norm_and_factor_are_float32()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(64, [], 64, seed: 1);
        using var flat = new FlatParameters(model, Half);
        flat.ZeroGradients();
        Tensor weight = model.parameters().First(p => p.dim() == 2).grad!;
        weight.dtype.ShouldBe(bfloat16);
        weight.fill_(1 + 1.0 / 128);

        flat.ClipGradientNorm(1).item<float>().ShouldBe(64.5f, tolerance: 1e-4f);

        // (1 + 2⁻⁷) / 64.5 = 2⁻⁶ to 2·10⁻⁸ parts, which rounds to 2⁻⁶.
        Examples.Values(weight.to(float32).flatten()).ShouldAllBe(g => g == 1.0 / 64);
    }

    // The factor is 1 / (NaN + 1e-6) = NaN or 1 / ∞ = 0, and ∞ · 0 = NaN, as with error_if_nonfinite=False.
    [Theory]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(float.PositiveInfinity, 0)]
    public void A_norm_that_is_not_finite_does_what_it_does_in_PyTorch(float bad, float other)
    {
        using var check = new NoTensorLeaks();
        using Linear layer = nn.Linear(2, 1, hasBias: false);
        using var flat = new FlatParameters(layer);
        layer.weight!.grad!.copy_(tensor(new float[,] { { bad, 4 } }));
        double.IsFinite(flat.ClipGradientNorm(1).item<float>()).ShouldBeFalse();
        Toys.Floats(layer.weight.grad!).ShouldBe([float.NaN, other]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void A_highest_norm_that_is_none_is_refused_before_a_step(double highest)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(8);
        using var model = new Mlp(8, [6], 3, seed: 5);
        Should.Throw<ArgumentException>(() => new Trainer(model, data, new TrainerOptions { ClipGradientNorm = highest })).Message
            .ShouldStartWith(FormattableString.Invariant($"TrainerOptions.ClipGradientNorm must be above 0, but is {highest}. "));
    }
}
