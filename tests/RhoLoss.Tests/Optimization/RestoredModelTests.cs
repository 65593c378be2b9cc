using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace RhoLoss.Tests.Optimization;

/// <summary>Whatever took a model over gives back an ordinary float32 one, after success and after failure.</summary>
public sealed class RestoredModelTests
{
    private static readonly ComputeFormat Half = new() { Precision = Precision.BFloat16 };
    private static readonly TrainerOptions InHalf = new() { Format = Half };
    private static readonly ComputeFormat HalfChannelsLast = new() { Precision = Precision.BFloat16, ChannelsLast = true };

    [Fact]
    public void Disposed_parameters_leave_the_masters_in_the_model()
    {
        using var check = new NoTensorLeaks();
        using var model = new SmallResidualNet(seed: 1);
        byte[] masters;
        using (var parameters = new FlatParameters(model, HalfChannelsLast))
        {
            parameters.Values.add_(1e-4);   // less than half a step of bfloat16 for numbers near 1
            parameters.RoundMasters();
            masters = [.. model.state_dict().Keys.SelectMany(name => Toys.Bits(parameters.StateDict()[name]))];
        }
        Toys.Bits(model).ShouldBe(masters);
        ShouldBeOrdinary(model);
    }

    [Fact]
    public void Disposed_parameters_of_a_replica_leave_its_bfloat16_numbers()
    {
        using var check = new NoTensorLeaks();
        using Mlp model = new(8, [6], 3, seed: 1), untouched = new(8, [6], 3, seed: 1);
        new FlatParameters(model, Half, training: false).Dispose();
        Toys.Bits(model).ShouldBe([.. untouched.parameters().SelectMany(p => Toys.Bits(p.to(bfloat16).to(float32)))]);
        ShouldBeOrdinary(model);
    }

    [Fact]
    public void Disposed_channels_last_parameters_leave_contiguous_ones()
    {
        using var check = new NoTensorLeaks();
        using SmallResidualNet model = new(seed: 1), untouched = new(seed: 1);
        using (var parameters = new FlatParameters(model, new ComputeFormat { ChannelsLast = true }))
        {
            model.parameters().ShouldContain(p => !p.is_contiguous());
        }
        Toys.Bits(model).ShouldBe(Toys.Bits(untouched));
        ShouldBeOrdinary(model);
    }

    [Fact]
    public void A_model_may_be_disposed_before_what_took_it_over_and_that_twice()
    {
        using var check = new NoTensorLeaks();
        var model = new Mlp(8, [6], 3, seed: 1);
        var parameters = new FlatParameters(model, Half);
        model.Dispose();
        parameters.Dispose();
        Should.NotThrow(parameters.Dispose);
    }

    [Fact]
    public void A_failed_step_leaves_a_model_that_its_trainer_gives_back()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using Mlp model = new(8, [6], 3, seed: 1), untouched = new(8, [6], 3, seed: 1);
        Should.Throw<NotSupportedException>(() =>
        {
            SelectionFunction fails = _ => throw new NotSupportedException("a score that fails");
            using var trainer = new Trainer(model, data, fails, null, InHalf);
            trainer.Step();
        });
        Toys.Bits(model).ShouldBe(Toys.Bits(untouched));
        ShouldBeOrdinary(model);
    }

    public static TheoryData<string> Failures => ["trainer's selector", "trainer's optimizer", "holdout's optimizer", "replica", "proxy"];

    [Theory]
    [MemberData(nameof(Failures))]
    public void What_cannot_be_made_gives_the_model_back(string what)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20), holdout = Toys.Points(20, seed: 2);
        using Mlp model = new(8, [6], 3, seed: 1), untouched = new(8, [6], 3, seed: 1), other = new(8, [7], 3, seed: 1);
        using var ofOther = new FlatParameters(other);
        var optimizer = new AdamWOptions { LearningRate = -1 };
        Should.Throw<Exception>(() =>
        {
            using IDisposable made = what switch
            {
                "trainer's selector" => new Trainer(model, data, _ => throw new NotSupportedException("no selector"), InHalf),
                "trainer's optimizer" => new Trainer(model, data, SelectionFunctions.Uniform, null, InHalf with { Optimizer = optimizer }),
                "holdout's optimizer" => HoldoutTraining.Run(model, holdout, data, new() { Format = Half, Optimizer = optimizer }),
                "replica" => new ReplicaScorer(ofOther, model, Half),
                _ => new ProxyScorer(model, new ProxyOptions { Format = Half, Optimizer = optimizer }),
            };
        });
        if (what != "replica") { Toys.Bits(model).ShouldBe(Toys.Bits(untouched)); }   // a replica has no masters
        ShouldBeOrdinary(model);
    }

    private static void ShouldBeOrdinary(nn.Module model)
    {
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            parameter.dtype.ShouldBe(float32, name);
            parameter.is_contiguous().ShouldBeTrue(name);
            parameter.grad.ShouldBeNull(name);
            parameter.requires_grad.ShouldBeTrue(name);
        }
    }
}
