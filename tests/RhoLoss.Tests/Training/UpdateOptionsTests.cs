using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Optimizers of TorchSharp, clipping, accumulation and the hook before an update.</summary>
public sealed class UpdateOptionsTests
{
    private static readonly TrainerOptions Options = new() { BatchSize = 4, Seed = 3 };

    [Fact]
    public void An_optimizer_of_TorchSharp_takes_the_steps_of_a_loop_written_by_hand_with_the_schedule()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using Mlp model = new(8, [6], 3, seed: 5), twin = new(8, [6], 3, seed: 5);
        using optim.Optimizer own = optim.RMSProp(twin.parameters(), 0.01);
        using var trainer = new Trainer(model, data, Options with
        {
            Optimizer = new TorchOptimizerOptions(p => optim.RMSProp(p, 0.01)),
            Schedule = LearningRateSchedule.WarmupCosine(0.2),
            Budget = TrainingBudget.OfSteps(10),
        });
        for (int step = 0; step < 10; step++)
        {
            double factor = LearningRateSchedule.WarmupCosine(0.2).FactorAt(trainer.Progress);
            trainer.OnStep = taken =>
            {
                own.zero_grad();
                nn.functional.cross_entropy(
                    twin.forward(taken.Selected.Inputs), taken.Selected.Labels, reduction: nn.Reduction.None).mean().backward();
                foreach (optim.ILearningRateController group in own.ParamGroups) { group.LearningRate = 0.01 * factor; }
                own.step()?.Dispose();
            };
            trainer.Step();
            Toys.Bits(model).ShouldBe(Toys.Bits(twin));
        }
    }

    [Theory]
    [InlineData("rmsprop")]
    [InlineData("adagrad")]
    [InlineData("sgd with momentum")]
    public void A_run_with_an_optimizer_of_TorchSharp_resumes_exactly(string name)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(40);
        using Mlp model = new(8, [6], 3, seed: 5), other = new(8, [6], 3, seed: 6);
        TrainerOptions options = Options with
        {
            Optimizer = new TorchOptimizerOptions(p => name switch
            {
                "rmsprop" => optim.RMSProp(p, 0.01, momentum: 0.9),
                "adagrad" => optim.Adagrad(p, 0.01),
                _ => optim.SGD(p, 0.01, momentum: 0.9),
            }),
        };
        using var trainer = new Trainer(model, data, options);
        Toys.Record(trainer, 7);
        trainer.Capture().Save(folder.File("checkpoint"));
        List<StepTrace> expected = Toys.Record(trainer, 7);

        using var resumed = new Trainer(other, data, options);
        resumed.Restore(Checkpoint.Load(folder.File("checkpoint")));

        Toys.Record(resumed, 7).ShouldBe(expected);
        Toys.Bits(other).ShouldBe(Toys.Bits(model));
    }

    [Fact]
    public void An_optimizer_of_TorchSharp_is_refused_where_masters_are_kept_and_so_is_a_state_of_another_one()
    {
        using var check = new NoTensorLeaks();
        using var model = new Mlp(8, [6], 3, seed: 5);
        using (var half = new FlatParameters(model, new ComputeFormat { Precision = Precision.BFloat16 }))
        {
            Should.Throw<ArgumentException>(() => new TorchOptimizerOptions(p => optim.SGD(p, 0.1)).CreateFor(half)).Message
                .ShouldStartWith("An optimizer of TorchSharp updates the parameters that layers compute with, so they must be float32");
        }
        using var flat = new FlatParameters(model);
        using Optimizer sgd = new TorchOptimizerOptions(p => optim.SGD(p, 0.1)).CreateFor(flat);
        using Optimizer adagrad = new TorchOptimizerOptions(p => optim.Adagrad(p, 0.1)).CreateFor(flat);
        Should.Throw<InvalidInputException>(() => sgd.RestoreState(adagrad.CaptureState())).Message
            .ShouldStartWith("The state is of another optimizer of TorchSharp: ");
        sgd.Step();
        sgd.StepsTaken.ShouldBe(1);
    }

    // Gradients (3, 4) have norm 5: at most 1, they are (0.6, 0.8) up to PyTorch's 1e-6; at most 10, themselves.
    [Theory]
    [InlineData(1, 0.6, 0.8)]
    [InlineData(10, 3, 4)]
    public void Gradients_are_scaled_together_to_the_highest_norm(double highest, double first, double second)
    {
        using var check = new NoTensorLeaks();
        using Linear layer = nn.Linear(2, 1, hasBias: false);
        using var flat = new FlatParameters(layer);
        layer.weight!.grad!.copy_(tensor(new float[,] { { 3, 4 } }));
        flat.ClipGradientNorm(highest).item<float>().ShouldBe(5, tolerance: 1e-6);
        Examples.Values(layer.weight.grad!.flatten()).ShouldBe([first, second], tolerance: 1e-6);
        Should.Throw<ArgumentOutOfRangeException>(() => flat.ClipGradientNorm(0));
    }

    [Fact]
    public void A_trainer_clips_after_the_hook_and_before_the_update()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using var model = new Mlp(8, [6], 3, seed: 5);
        float[] before = Toys.Floats(Flat(model));
        double norm = 0;
        using var trainer = new Trainer(model, data, Options with
        {
            Optimizer = new SgdOptions { LearningRate = 1 },
            ClipGradientNorm = 1e-3,
            BeforeUpdate = flat => norm = flat.ClipGradientNorm(1e30).item<float>(),
        });
        trainer.Step();
        norm.ShouldBeGreaterThan(1e-3);
        double moved = Math.Sqrt(Toys.Floats(Flat(model)).Zip(before, (a, b) => ((double)a - b) * (a - b)).Sum());
        moved.ShouldBe(1e-3, tolerance: 1e-5);
    }

    // Four steps of n_b = 4 are one of 16 on the same examples, up to rounding: without BatchNorm the mean of their gradients is its.
    [Fact]
    public void Accumulated_steps_are_one_step_on_all_their_examples()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(32);
        using Mlp model = new(8, [6], 3, seed: 5), large = new(8, [6], 3, seed: 5);
        TrainerOptions options = Options with { Optimizer = new SgdOptions { LearningRate = 0.1 } };
        using var trainer = new Trainer(model, data, options with { AccumulatedSteps = 4 });
        using var whole = new Trainer(large, data, options with { BatchSize = 16 });
        byte[] start = Toys.Bits(model);
        for (int step = 0; step < 3; step++) { trainer.Step(); }
        Toys.Bits(model).ShouldBe(start);
        trainer.Step();
        whole.Step();
        Toys.Floats(Flat(model)).Select(x => (double)x).ShouldBe(Toys.Floats(Flat(large)).Select(x => (double)x), tolerance: 1e-6);
    }

    [Theory]
    [InlineData(4)]   // between two updates
    [InlineData(6)]   // after one
    public void A_run_resumes_exactly_in_the_middle_of_an_accumulation(int stopAfter)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(40);
        using Mlp model = new(8, [6], 3, seed: 5), other = new(8, [6], 3, seed: 6);
        TrainerOptions options = Options with { AccumulatedSteps = 3 };
        using var trainer = new Trainer(model, data, options);
        Toys.Record(trainer, stopAfter);
        trainer.Capture().Save(folder.File("checkpoint"));
        List<StepTrace> expected = Toys.Record(trainer, 7);
        using var resumed = new Trainer(other, data, options);
        resumed.Restore(Checkpoint.Load(folder.File("checkpoint")));
        Toys.Record(resumed, 7).ShouldBe(expected);
        Toys.Bits(other).ShouldBe(Toys.Bits(model));
    }

    private static Tensor Flat(nn.Module model) => cat([.. model.parameters().Select(p => p.detach().flatten())]);
}
