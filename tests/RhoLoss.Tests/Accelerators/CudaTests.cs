using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Accelerators;

/// <summary>
/// The same on a CUDA device: run with <c>dotnet test -p:LibTorch=cuda -- --filter-trait Category=Gpu</c>; skipped, visibly, where there
/// is none.
/// </summary>
[Trait("Category", "Gpu")]
public sealed class CudaTests
{
    private static readonly string[] Methods = ["uniform", "rho-loss", "importance", "last-seen", "replica", "learning", "infobatch"];

    public static TheoryData<string> MethodNames => [.. Methods];

    [Theory]
    [MemberData(nameof(MethodNames))]
    public void A_trainer_steps_captures_and_goes_on(string method)
    {
        Device device = NeedsDevice();
        using var check = new NoTensorLeaks();
        using LabeledDataset data = OnDevice(Toys.Images(60), device);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        List<StepTrace> first, second;
        using (var whole = new Run(data, irreducible, method, device))
        {
            first = Toys.Record(whole.Trainer, 12);
        }
        using (var begun = new Run(data, irreducible, method, device))
        using (var resumed = new Run(data, irreducible, method, device))
        {
            second = Toys.Record(begun.Trainer, 5);
            resumed.Trainer.Restore(begun.Trainer.Capture());
            second.AddRange(Toys.Record(resumed.Trainer, 7));
        }
        second.Select(step => step.Ids).ShouldBe(first.Select(step => step.Ids));
        first.Select(step => step.Loss).ShouldAllBe(loss => double.IsFinite(loss));
        Evaluator.Evaluate(Model(device), data).Count.ShouldBe(60);
    }

    [Fact]
    public void The_first_steps_are_those_of_the_processor_up_to_rounding()
    {
        Device device = NeedsDevice();
        using var check = new NoTensorLeaks();
        List<StepTrace> Steps(Device where)
        {
            using LabeledDataset data = OnDevice(Toys.Images(60), where);
            using IrreducibleLosses irreducible = Toys.RandomLosses(data);
            using var run = new Run(data, irreducible, "uniform", where);
            return Toys.Record(run.Trainer, 3);
        }

        List<StepTrace> here = Steps(CPU), there = Steps(device);
        there.Select(step => step.Ids).ShouldBe(here.Select(step => step.Ids));
        // 1e-3 of a loss near ln 3: sums in another order, TF32 off.
        there.Zip(here).ShouldAllBe(pair => Math.Abs(pair.First.Loss - pair.Second.Loss) < 1e-3);
    }

    [Fact]
    public void A_table_that_was_read_from_a_file_follows_the_data_to_the_device()
    {
        Device device = NeedsDevice();
        using var check = new NoTensorLeaks();
        using LabeledDataset here = Toys.Points(20), there = OnDevice(Toys.Points(20), device);
        using IrreducibleLosses table = Toys.RandomLosses(here);
        Tensor losses = table.Of(there.Ids);
        losses.device_type.ShouldBe(DeviceType.CUDA);
        Toys.Floats(losses).ShouldBe(Toys.Floats(table.Of(here.Ids)));
        Should.Throw<InvalidInputException>(() => table.Of(tensor([1L], device: device))).Message.ShouldContain("no example with id 1");
    }

    [Fact]
    public void Irreducible_losses_are_trained_with_a_holdout_and_without()
    {
        Device device = NeedsDevice();
        using var check = new NoTensorLeaks();
        using LabeledDataset data = OnDevice(Toys.Points(40), device), holdout = OnDevice(Toys.Points(30, seed: 2), device);
        var options = new HoldoutTrainingOptions { Epochs = 2, BatchSize = 8 };
        using var model = (Mlp)new Mlp(8, [6], 3, seed: 1).to(device);
        using IrreducibleLosses ofHoldout = HoldoutTraining.Run(model, holdout, data, options);
        using IrreducibleLosses crossed = CrossFit.Run(_ => new Mlp(8, [6], 3, seed: 1).to(device), data, options);
        Toys.Floats(ofHoldout.Of(data.Ids)).ShouldAllBe(loss => float.IsFinite(loss));
        Toys.Floats(crossed.Of(data.Ids)).ShouldAllBe(loss => float.IsFinite(loss));
    }

    [Fact]
    public void An_unknown_id_is_refused_with_its_number_and_the_device_goes_on()
    {
        Device device = NeedsDevice();
        using var check = new NoTensorLeaks();
        using LabeledDataset data = OnDevice(Toys.Points(20), device);
        Should.Throw<InvalidInputException>(() => data.Gather(tensor([100L, 99L]))).Message.ShouldContain("id 99");
        data.Gather(tensor([100L, 107L])).Indices.device_type.ShouldBe(DeviceType.CUDA);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dropout_of_the_library_and_of_others_repeats_with_the_seed(bool own)
    {
        Device device = NeedsDevice();
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model =
            own ? new Mlp(8, [16], 3, seed: 1, dropout: 0.5).to(device) : new DropoutNet(seed: 1).to(device);
        model.train();
        var random = new LayerRandom(model);
        float[] Pass(long seed) => Toys.Floats(random.Run(model, ones([4, 8], device: device), seed));
        float[] first = Pass(1);
        Pass(2).ShouldNotBe(first);
        Pass(1).ShouldBe(first);
    }

    [Fact]
    public void Gradients_that_zero_grad_detached_are_noticed()
    {
        Device device = NeedsDevice();
        using var check = new NoTensorLeaks();
        using nn.Module<Tensor, Tensor> model = new Mlp(3, [], 2, seed: 1).to(device);
        using var parameters = new FlatParameters(model);
        using Optimizer optimizer = new SgdOptions().CreateFor(parameters);
        model.zero_grad();
        model.forward(ones([1, 3], device: device)).sum().backward();
        Should.Throw<InvalidOperationException>(() => optimizer.Step()).Message.ShouldContain("is no longer a view");
    }

    [Fact]
    public void A_clock_waits_for_the_work()
    {
        Device device = NeedsDevice();
        using var check = new NoTensorLeaks();
        TimeProvider clock = DeviceClock.For(device);
        Tensor a = ones([4096, 4096], device: device);
        a.mm(a).Dispose();
        long started = clock.GetTimestamp(), untilTold = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < 50; i++) { a = a.mm(a).mul_(Scalars.Of(1e-4)); }
        TimeSpan told = TimeProvider.System.GetElapsedTime(untilTold);
        // 50 products of 2 · 4096³ operations take 0.07 s at 100 TFLOP/s; telling the device of them, some microseconds each.
        clock.GetElapsedTime(started).ShouldBeGreaterThan(told);
    }

    private static Device NeedsDevice()
    {
        Assert.SkipUnless(
            cuda.is_available(),
            "There is no CUDA device, or this LibTorch is that for the CPU: build with -p:LibTorch=cuda where there is one.");
        return new Device(DeviceType.CUDA, 0);
    }

    private static LabeledDataset OnDevice(LabeledDataset data, Device device)
    {
        using (data) { return data.To(device); }
    }

    private static nn.Module<Tensor, Tensor> Model(Device device) => new SmallResidualNet(seed: 3).to(device);

    /// <summary>A trainer of one of the ways to select, with what it needs.</summary>
    private sealed class Run : IDisposable
    {
        private readonly nn.Module<Tensor, Tensor> _model;

        public Run(LabeledDataset data, IrreducibleLosses irreducible, string method, Device device)
        {
            _model = Model(device);
            var options = new TrainerOptions { BatchSize = 4, LargeBatchSize = 12, Seed = 7 };
            var augmentation = new CropAndFlip(1, seed: 5);
            BatchSelector Choose(Scorer scorer, TrainingTarget target, Drawing? drawing = null) =>
                new(scorer, SelectionFunctions.ReducibleHoldoutLoss, irreducible, 4,
                    new BatchSelectorOptions { LargeBatchSize = 12, Drawing = drawing ?? new TopScores(), Objective = target.Objective });
            Trainer = method switch
            {
                "uniform" => new Trainer(_model, data, SelectionFunctions.Uniform, null, options, augmentation),
                "rho-loss" => new Trainer(_model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, options, augmentation),
                "importance" => new Trainer(_model, data, SelectionFunctions.GradientNorm, null, options with
                {
                    Selection = new BatchSelectorOptions { Drawing = new ImportanceSampling() },
                }),
                "last-seen" => new Trainer(_model, data, target => Choose(
                    new LastSeenScorer(data, new TargetScorer(target.Model, ScoringMode.Eval), 2),
                    target, new PercentileSampling()), options),
                "replica" => new Trainer(_model, data, target => Choose(
                    new ReplicaScorer(target.Parameters, Model(device), new ComputeFormat { Precision = Precision.BFloat16 }),
                    target), options),
                "learning" => new Trainer(_model, data, SelectionFunctions.ReducibleHoldoutLoss,
                    new LearningReference(Model(device), new AdamWOptions()),
                    options with { Selection = new BatchSelectorOptions { OwnsReference = true } }),
                _ => new Trainer(_model, data, options with { Sampler = Toys.Pruning }),
            };
        }

        public Trainer Trainer { get; }

        public void Dispose()
        {
            Trainer.Dispose();
            _model.Dispose();
        }
    }
}
