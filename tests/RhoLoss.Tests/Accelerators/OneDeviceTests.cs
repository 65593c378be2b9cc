using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Native;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Accelerators;

/// <summary>
/// What a step computes does not mix tensors of the host into those of a device, nor read any: shown with LibTorch's device "meta", on
/// which tensors have shapes and no numbers, so that both are refused. It lacks convolutions and a few other operations.
/// </summary>
public sealed class OneDeviceTests
{
    private static readonly Device Meta = new(DeviceType.META);

    private static readonly Dictionary<string, Func<Tensor>> Computations = new(StringComparer.Ordinal)
    {
        ["cross-entropy"] = () => Objective.CrossEntropy.PerExample(Logits(), Labels()),
        ["correct"] = () => Objective.CrossEntropy.Correct(Logits(), Labels())!,
        ["gradient norm"] = () => Objective.CrossEntropy.GradientNorm(Logits(), Labels()),
        ["squared error"] = () => new SquaredError().PerExample(Logits(), zeros(8, 3, device: Meta)),
        ["token cross-entropy"] = () => new TokenCrossEntropy().PerExample(zeros(8, 5, 3, device: Meta), zeros(8, 5, int64, Meta)),
        ["uniform"] = () => SelectionFunctions.Uniform(Candidates()),
        ["top scores"] = () => Drawn(new TopScores()),
        ["percentiles"] = () => Drawn(new PercentileSampling()),
        ["normalisation"] = () => new Normalization([0.5f], [0.5f]).Apply(zeros(8, 1, 6, 6, uint8, Meta)),
        ["dropout"] = () => Passed(new SeededDropout(0.5), zeros(8, 3, device: Meta)),
        ["weighted draws"] = () => Weighted(zeros(8, device: Meta)),
        ["mlp"] = () => Passed(new Mlp(4, [3], 2, seed: 1), zeros(8, 4, device: Meta)),
    };

    public static TheoryData<string> Names => [.. Computations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_computed_on_the_device(string computation)
    {
        using var check = new NoTensorLeaks();
        Computations[computation]().device_type.ShouldBe(DeviceType.META);
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void An_optimizer_steps_on_the_device_and_looks_at_the_gradients_of_the_first_step(Precision precision)
    {
        using var check = new NoTensorLeaks();
        foreach (OptimizerOptions options in (OptimizerOptions[])[new AdamWOptions(), new SgdOptions { Momentum = 0.9 }])
        {
            using nn.Module<Tensor, Tensor> model = new Mlp(4, [3], 2, seed: 1).to(Meta);
            using var parameters = new FlatParameters(model, new ComputeFormat { Precision = precision });
            using Optimizer optimizer = options.CreateFor(parameters);
            optimizer.ZeroGradients();
            parameters.ClipGradientNorm(1).device_type.ShouldBe(DeviceType.META);
            Should.Throw<Exception>(() => optimizer.Step()).Message.ShouldContain("meta");   // there is nothing to read
            optimizer.Step();
            optimizer.StepsTaken.ShouldBe(1);
        }
    }

    [Fact]
    public void Tensors_of_their_own_do_not_begin_where_a_view_does()
    {
        using var check = new NoTensorLeaks();
        Tensor flat = zeros(64, device: Meta), view = flat.narrow(0, 32, 32);
        TensorMemory.ShareMemory(view, flat.narrow(0, 32, 32)).ShouldBeTrue();
        TensorMemory.ShareMemory(view, zeros(32, device: Meta)).ShouldBeFalse();
    }

    [Fact]
    public void A_transfer_to_where_the_tensor_is_costs_nothing()
    {
        using var check = new NoTensorLeaks();
        Tensor here = zeros(2), there = zeros(2, device: Meta);
        Transfer.To(here, CPU).ShouldBeSameAs(here);
        Transfer.To(there, Meta).ShouldBeSameAs(there);
        Transfer.To(here, Meta).device_type.ShouldBe(DeviceType.META);
    }

    private static Tensor Logits() => zeros(8, 3, device: Meta);

    private static Tensor Labels() => zeros(8, int64, Meta);

    private static Candidates Candidates() => RhoLoss.Selection.Candidates.Of(Labels(), Logits(), zeros(8, device: Meta));

    private static Tensor Drawn(Drawing drawing)
    {
        using Generator random = new(1, CPU);
        return drawing.Draw(zeros(8, device: Meta), 3, random).Positions;
    }

    private static Tensor Weighted(Tensor logWeights)
    {
        using Generator random = new(1, CPU);
        return SuccessiveDraws.Of(logWeights, 3, random);
    }

    /// <summary>A pass of a training step, whose layers draw.</summary>
    private static Tensor Passed(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using (model)
        {
            model.to(Meta);
            model.train();
            return new LayerRandom(model).Run(model, inputs, seed: 1);
        }
    }
}
