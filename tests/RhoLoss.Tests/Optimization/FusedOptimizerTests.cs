using System.Runtime.InteropServices;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Optimization;

public sealed class FusedOptimizerTests
{
    private static readonly ComputeFormat Half = new() { Precision = Precision.BFloat16 };

    public static TheoryData<OptimizerOptions> Optimizers =>
    [
        new AdamWOptions { LearningRate = 0.01, WeightDecay = 0.1 },
        new SgdOptions { LearningRate = 0.1, Momentum = 0.9, WeightDecay = 0.01, Nesterov = true },
    ];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Results_do_not_depend_on_the_number_of_threads(OptimizerOptions options)
    {
        using var check = new NoTensorLeaks();
        foreach (ComputeFormat format in (ComputeFormat[])[ComputeFormat.Default, Half])
        {
            byte[] one = Steps(options, format, threads: 1);
            byte[] two = Steps(options, format, threads: 2);
            byte[] three = Steps(options, format, threads: 3);
            two.SequenceEqual(one).ShouldBeTrue();
            three.SequenceEqual(one).ShouldBeTrue();
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void The_vector_pass_and_the_tensor_operations_of_other_devices_agree(OptimizerOptions options)
    {
        using var check = new NoTensorLeaks();
        foreach (ComputeFormat format in (ComputeFormat[])[ComputeFormat.Default, Half])
        {
            Tensor pass = tensor(Floats(Steps(options, format, threads: 1)));
            Tensor operations = tensor(Floats(Steps(options, format, threads: 1, withTensors: true)));
            // LibTorch's root is off by a unit here and there.
            (pass - operations).abs().max().item<float>().ShouldBeLessThanOrEqualTo(1e-6f);
        }
    }

    [Fact]
    public void Masters_collect_steps_too_small_for_a_bfloat16_weight()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 1, seed: 1);
        using var parameters = new FlatParameters(model, Half);
        using Optimizer optimizer = new SgdOptions { LearningRate = 1.0 / 1024 }.CreateFor(parameters);
        parameters.Values.fill_(1);
        parameters.RoundMasters();
        var weights = new List<float>();
        var masters = new List<float>();
        for (int step = 0; step < 3; step++)
        {
            parameters.Ranges[0].Gradients!.fill_(1);
            optimizer.Step();
            masters.Add(parameters.Values[0].item<float>());
            weights.Add(parameters.Ranges[0].Weights[0].to(float32).item<float>());
        }
        // By hand: bfloat16 below 1 has steps of 2⁻⁸. 1 − 2⁻¹⁰ is nearest to 1; 1 − 2⁻⁹ is half way, and 1 has the even significand;
        // 1 − 3·2⁻¹⁰ is nearest to 1 − 2⁻⁸.
        masters.ShouldBe([1 - 1f / 1024, 1 - 2f / 1024, 1 - 3f / 1024]);
        weights.ShouldBe([1f, 1f, 1 - 1f / 256]);
    }

    [Fact]
    public void Weights_are_rounded_as_LibTorch_rounds()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(64, [], 64, seed: 1);
        using var parameters = new FlatParameters(model, Half);
        using Optimizer optimizer = new SgdOptions().CreateFor(parameters);
        var bits = new byte[parameters.Values.numel() * sizeof(float)];
        new Random(1).NextBytes(bits);   // every sign and exponent
        // Half way between two bfloat16 numbers, which is seldom hit otherwise.
        for (int i = 0; i < 1024; i++) { (bits[4 * i], bits[4 * i + 1]) = (0x00, 0x80); }
        Tensor values = tensor(Floats(bits));
        values.slice(0, 0, 4, 1).copy_(tensor([float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue]));
        parameters.Values.copy_(values);
        optimizer.ZeroGradients();
        optimizer.Step();   // gradients are 0, so only the rounding is left
        Tensor rounded = parameters.Ranges[0].Weights, expected = values.to(bfloat16);
        Toys.Bits(rounded.isnan()).ShouldBe(Toys.Bits(expected.isnan()));
        Toys.Bits(rounded.nan_to_num()).ShouldBe(Toys.Bits(expected.nan_to_num()));
    }

    [Fact]
    public void A_factor_multiplies_the_learning_rate_of_one_step()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 1, seed: 1);
        using var parameters = new FlatParameters(model);
        using Optimizer optimizer = new SgdOptions { LearningRate = 0.5 }.CreateFor(parameters);
        parameters.Values.fill_(1);
        parameters.Ranges[0].Gradients!.fill_(1);
        optimizer.Step(0.5);
        parameters.Values[0].item<float>().ShouldBe(1 - 0.25f);
        optimizer.Step(0);
        parameters.Values[0].item<float>().ShouldBe(1 - 0.25f);
        optimizer.Step();
        parameters.Values[0].item<float>().ShouldBe(1 - 0.75f);
        optimizer.StepsTaken.ShouldBe(3);
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_restored_state_continues_to_the_bit(OptimizerOptions options)
    {
        using var check = new NoTensorLeaks();
        using SmallResidualNet model = new(seed: 1), twin = new(seed: 2);
        // Places differ, names do not.
        using FlatParameters parameters = new(model), ofTwin = new(twin, new ComputeFormat { ChannelsLast = true });
        using Optimizer optimizer = options.CreateFor(parameters), ofTwinToo = options.CreateFor(ofTwin);
        Step(parameters, optimizer, seed: 1);
        ofTwinToo.RestoreState(optimizer.CaptureState());
        ofTwin.CopyFrom(parameters);
        ofTwinToo.StepsTaken.ShouldBe(1);
        Step(parameters, optimizer, seed: 2);
        Step(ofTwin, ofTwinToo, seed: 2);
        Toys.Bits(twin).ShouldBe(Toys.Bits(model));

        static void Step(FlatParameters parameters, Optimizer optimizer, long seed)
        {
            using var generator = new Generator((ulong)seed, CPU);
            foreach (FlatEntry entry in parameters.Ranges.SelectMany(r => r.Entries).OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                FlatRange range = parameters.Ranges.Single(r => r.Entries.Contains(entry));
                entry.ViewOf(range.Gradients!, range.Start).copy_(randn(entry.Shape, generator: generator));
            }
            optimizer.Step();
        }
    }

    [Fact]
    public void A_state_of_another_model_or_optimizer_is_refused_and_changes_nothing()
    {
        using var check = new NoTensorLeaks();
        using Mlp narrow = new(8, [6], 3, seed: 1), wide = new(8, [7], 3, seed: 1);
        using FlatParameters ofNarrow = new(narrow), ofWide = new(wide);
        using Optimizer adamW = new AdamWOptions().CreateFor(ofNarrow);
        using Optimizer ofOther = new AdamWOptions().CreateFor(ofWide);
        using Optimizer sgd = new SgdOptions { Momentum = 0.9 }.CreateFor(ofWide);
        ofWide.Ranges[0].Gradients!.fill_(1);
        ofOther.Step();
        Should.Throw<InvalidInputException>(() => adamW.RestoreState(ofOther.CaptureState())).Message
            .ShouldContain("'first-moment.fc1.weight' has shape [7, 8] for [6, 8]");
        Should.Throw<InvalidInputException>(() => sgd.RestoreState(ofOther.CaptureState())).Message
            .ShouldContain("has no tensor 'momentum.fc1.weight'");
        adamW.StepsTaken.ShouldBe(0);
    }

    [Fact]
    public void Hyperparameters_out_of_range_are_refused_by_name()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(1, [], 1, seed: 1);
        using var parameters = new FlatParameters(model);
        Should.Throw<ArgumentOutOfRangeException>(() => new AdamWOptions { LearningRate = 0 }.CreateFor(parameters)).Message
            .ShouldContain("learningRate must be positive");
        Should.Throw<ArgumentOutOfRangeException>(() => new AdamWOptions { Beta2 = 1 }.CreateFor(parameters)).Message
            .ShouldContain("Beta2 must be at least 0 and below 1, but was 1");
        Should.Throw<ArgumentException>(() => new SgdOptions { Nesterov = true }.CreateFor(parameters)).Message
            .ShouldContain("Nesterov needs a Momentum above 0");
        Should.Throw<ArgumentOutOfRangeException>(() => new AdamWOptions().CreateFor(parameters, threads: 0));
    }

    /// <summary>Bits of the masters after five steps on random gradients of more than two pieces of work.</summary>
    private static byte[] Steps(OptimizerOptions options, ComputeFormat format, int threads, bool withTensors = false)
    {
        using IDisposable scope = NewDisposeScope();
        using var model = new Mlp(600, [500], 3, seed: 1);   // 302,003 numbers; a piece is 131,072
        using var parameters = new FlatParameters(model, format);
        using Optimizer optimizer = options.CreateFor(parameters, threads);
        ((FusedOptimizer)optimizer).UsesTensorOperations = withTensors;
        using var generator = new Generator(1, CPU);
        for (int step = 0; step < 5; step++)
        {
            foreach (FlatRange range in parameters.Ranges) { range.Gradients!.copy_(randn(range.Gradients.shape, generator: generator)); }
            optimizer.Step();
        }
        return Toys.Bits(parameters.Values);
    }

    private static float[] Floats(byte[] bits) => MemoryMarshal.Cast<byte, float>(bits).ToArray();
}
