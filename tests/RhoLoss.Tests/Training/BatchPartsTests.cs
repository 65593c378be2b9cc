using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Steps on a batch whose gradient is computed in parts: those of the whole batch.</summary>
public sealed class BatchPartsTests
{
    private static readonly TrainerOptions Ten = new()
    {
        BatchSize = 10,
        LargeBatchSize = 20,
        Seed = 3,
        Optimizer = new SgdOptions { LearningRate = 0.1 },
    };

    // Ten examples in 3 parts are 3, 3 and 4; in 4: 2, 3, 2 and 3.
    [Theory]
    [InlineData("classes", 2)]
    [InlineData("classes", 3)]
    [InlineData("classes", 10)]
    [InlineData("weights", 3)]
    [InlineData("weights", 4)]
    [InlineData("tokens", 3)]
    [InlineData("tokens", 4)]
    [InlineData("regression", 4)]
    public void Losses_outputs_gradients_and_steps_are_those_of_the_whole_batch(string task, int parts)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Data(task);
        using nn.Module<Tensor, Tensor> model = Net(task), whole = Net(task);
        List<double[]> gradients = [], expected = [], outputs = [], expectedOutputs = [];
        using Trainer trainer = Train(task, model, data, Ten with { BatchParts = parts }, gradients, outputs);
        using Trainer other = Train(task, whole, data, Ten, expected, expectedOutputs);
        for (int step = 0; step < 5; step++)
        {
            StepResult own = trainer.Step(), at = other.Step();
            own.Loss.ShouldBe(at.Loss, tolerance: 1e-5);
            (own.Step, own.Trained, own.Candidates, own.Scored).ShouldBe((at.Step, at.Trained, at.Candidates, at.Scored));
            gradients[step].ShouldBe(expected[step], tolerance: 1e-5);
            outputs[step].ShouldBe(expectedOutputs[step], tolerance: 1e-5);
        }
        Examples.Values(trainer.Parameters.Values).ShouldBe(Examples.Values(other.Parameters.Values), tolerance: 1e-5);
    }

    // In float64 only the order of sums differs: gradients near 1 agree to some 1e-16.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void In_float64_the_gradients_of_unequal_parts_add_up_to_that_of_the_mean(bool weighted, bool ignored)
    {
        using var check = new NoTensorLeaks();
        using var random = new Generator(4, CPU);
        Objective objective = ignored ? new TokenCrossEntropy() : new SquaredError();
        Tensor inputs = randn([7, 5, 4], dtype: float64, generator: random);
        Tensor labels = ignored
            ? randint(0, 3, [7, 5], dtype: int64, generator: random)
            : randn([7, 5, 3], dtype: float64, generator: random);
        if (ignored)
        {
            for (int i = 0; i < 7; i++) { labels[i].slice(0, i % 5, 5, 1).fill_(TokenCrossEntropy.Ignored); }   // two have none that counts
        }
        Tensor? weights = weighted ? rand([7], dtype: float64, generator: random) : null;
        Tensor weight = randn([3, 4], dtype: float64, generator: random).requires_grad_(true);
        var batch = new Batch(arange(7, dtype: int64), inputs, labels);

        double[] Gradient(int parts)
        {
            Tensor sum = zeros(3, 4, float64);
            foreach (BatchPart part in BatchPart.Of(batch, weights, objective, parts))
            {
                Tensor elements = objective.PerElement(part.Inputs.matmul(weight.t()), part.Labels);
                Tensor share = part.ShareOfMean(elements, objective.Counted(part.Labels)?.to(float64));
                sum.add_(autograd.grad([share], [weight])[0]);
            }
            return Examples.Values(sum);
        }

        Tensor all = objective.PerElement(inputs.matmul(weight.t()), labels);
        Tensor factors = (weights ?? ones(7, dtype: float64)).reshape([7, .. Enumerable.Repeat(1L, (int)all.dim() - 1)]);
        Tensor counted = objective.Counted(labels)?.to(float64) ?? ones_like(all);
        double[] byHand = Examples.Values(autograd.grad([(all * factors * counted).sum() / counted.sum()], [weight])[0]);
        for (int parts = 1; parts <= 7; parts++) { Gradient(parts).ShouldBe(byHand, tolerance: 1e-14, $"{parts} parts"); }
    }

    [Fact]
    public void Parts_are_as_equal_as_can_be_and_never_empty()
    {
        using var check = new NoTensorLeaks();
        var batch = new Batch(arange(10, dtype: int64), arange(10, dtype: float32).reshape(10, 1), arange(10, dtype: int64));
        foreach (int parts in (int[])[1, 2, 3, 4, 7, 10, 12])
        {
            IReadOnlyList<BatchPart> of = BatchPart.Of(batch, weights: null, Objective.CrossEntropy, parts);
            of.Select(part => part.Number).ShouldBe(Enumerable.Range(0, Math.Min(parts, 10)));
            (of.Max(part => part.Count) - of.Min(part => part.Count)).ShouldBeLessThanOrEqualTo(1);
            of.Min(part => part.Count).ShouldBeGreaterThan(0);
            of.SelectMany(part => Examples.Longs(part.Labels)).ShouldBe(Enumerable.Range(0, 10).Select(i => (long)i));
            of.SelectMany(part => Examples.Values(part.Inputs)).ShouldBe(Enumerable.Range(0, 10).Select(i => (double)i));
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    public void A_run_with_dropout_resumes_exactly(int stopAfter)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(50);
        using DropoutNet model = new(seed: 5), other = new(seed: 6);
        TrainerOptions options = Ten with { BatchParts = 3, Optimizer = new AdamWOptions() };
        using var trainer = new Trainer(model, data, SelectionFunctions.TrainLoss, null, options);
        Toys.Record(trainer, stopAfter);
        trainer.Capture().Save(folder.File("checkpoint"));
        List<StepTrace> expected = Toys.Record(trainer, 7);

        using var resumed = new Trainer(other, data, SelectionFunctions.TrainLoss, null, options);
        resumed.Restore(Checkpoint.Load(folder.File("checkpoint")));

        Toys.Record(resumed, 7).ShouldBe(expected);
        Toys.Bits(other).ShouldBe(Toys.Bits(model));
    }

    [Fact]
    public void Masks_of_dropout_are_a_function_of_seed_step_and_part()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Ones(40);
        string[] Masks(long seed, int parts)
        {
            using var model = new RecordedDropout();
            using var trainer = new Trainer(model, data, Ten with { Seed = seed, BatchParts = parts });
            trainer.Step();
            trainer.Step();
            return [.. model.Masks];
        }

        string[] masks = Masks(seed: 1, parts: 2);
        masks.Length.ShouldBe(4);
        masks.Distinct().Count().ShouldBe(4, "another one for each part of each step");
        Masks(seed: 1, parts: 2).ShouldBe(masks);
        Masks(seed: 2, parts: 2).Intersect(masks).ShouldBeEmpty();
    }

    // Of 4 parts each is over before the next begins: what stays of one is its outputs, its losses and its loss.
    [Fact]
    public void What_a_part_computed_is_freed_before_the_next_one_begins()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using var model = new CountedForward();
        using var trainer = new Trainer(model, data, Ten with { BatchParts = 4 });
        trainer.Step();
        model.Live.Clear();
        trainer.Step();
        model.Live.Count.ShouldBe(4);
        model.Live.Zip(model.Live.Skip(1), (before, after) => after - before).ShouldBe([3, 3, 3]);
    }

    [Fact]
    public void The_loss_is_read_once_a_step()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.TrainLoss, null, Ten with { BatchParts = 4, ChecksLate = true });
        trainer.Step();
        long before = StepChecks.Reads;
        trainer.Step();
        (StepChecks.Reads - before).ShouldBe(1);
    }

    [Fact]
    public void A_loss_that_is_not_finite_in_one_part_stops_before_the_update()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset points = Toys.Points(10);
        Tensor inputs = points.StoredInputs.clone();
        inputs[4, 3] = float.NaN;
        using var data = new LabeledDataset(inputs, points.Labels.clone(), 3, points.Ids.clone());
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, Ten with { BatchParts = 5 });
        byte[] before = Toys.Bits(model);
        NonFiniteLossException stop = Should.Throw<NonFiniteLossException>(() => trainer.Step());
        (stop.Step, stop.ExampleIds.Count).ShouldBe((1, 10));
        Toys.Bits(model).ShouldBe(before);
    }

    [Fact]
    public void Parts_and_accumulated_steps_go_together()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(40);
        using Mlp model = new(8, [6], 3, seed: 5), whole = new(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, Ten with { BatchParts = 3, AccumulatedSteps = 2 });
        using var other = new Trainer(whole, data, Ten with { BatchSize = 20 });
        trainer.Step();
        trainer.Step();
        other.Step();
        Examples.Values(trainer.Parameters.Values).ShouldBe(Examples.Values(other.Parameters.Values), tolerance: 1e-6);
    }

    [Fact]
    public void BatchNorm_learns_the_statistics_of_each_part_and_a_last_batch_may_be_smaller_than_the_parts()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(13);   // 10 and 3
        using BatchNorm1d norm = nn.BatchNorm1d(8);
        using var model = nn.Sequential(norm, nn.Linear(8, 3));
        using var trainer = new Trainer(model, data, Ten with { BatchParts = 5 });
        trainer.Step();
        norm.num_batches_tracked!.item<long>().ShouldBe(5);
        trainer.Step().Trained.ShouldBe(3);
        norm.num_batches_tracked.item<long>().ShouldBe(5, "a part of one example has no statistics");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public void A_number_of_parts_that_a_batch_cannot_have_is_refused(int parts)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using var model = new Mlp(8, [6], 3, seed: 5);
        Should.Throw<ArgumentException>(() => new Trainer(model, data, Ten with { BatchParts = parts })).Message.ShouldStartWith(
            $"TrainerOptions.BatchParts must be at least 1 and at most BatchSize (10), but is {parts}. ");
    }

    [Fact]
    public void Parts_are_refused_where_weights_need_all_losses_and_where_BatchNorm_would_see_one_example()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using var model = new Mlp(8, [6], 3, seed: 5);
        TrainerOptions weighted = Ten with { BatchParts = 2, Weighting = (losses, _) => ones_like(losses) };
        Should.Throw<ArgumentException>(() => new Trainer(model, data, weighted)).Message.ShouldStartWith(
            "TrainerOptions.BatchParts must be 1 with TrainerOptions.Weighting, which is given the losses of a whole batch, but is 2. ");
        using var normalised = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 3));
        Should.Throw<InvalidInputException>(() => new Trainer(normalised, data, Ten with { BatchParts = 6 })).Message.ShouldEndWith(
            " has BatchNorm (0), which learns the statistics of batches, so each part of a batch must have at least 2 examples, but of 10 "
            + "examples in 6 parts one has 1. Take fewer parts, or a model without BatchNorm.");
    }

    [Fact]
    public void A_checkpoint_is_of_its_parts_and_one_of_before_there_were_any_is_of_one()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using Mlp model = new(8, [6], 3, seed: 5), other = new(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, Ten);
        using var parted = new Trainer(other, data, Ten with { BatchParts = 2 });
        trainer.Step();
        Checkpoint checkpoint = trainer.Capture();
        Should.Throw<InvalidInputException>(() => parted.Restore(checkpoint)).Message
            .ShouldContain("was written with trainer.batch-parts = 1, but this trainer has 2");
        checkpoint.Values.Remove("trainer.batch-parts");
        trainer.Restore(checkpoint);
        Should.Throw<InvalidInputException>(() => parted.Restore(checkpoint)).Message.ShouldContain("trainer.batch-parts");
    }

    private static Trainer Train(
        string task, nn.Module<Tensor, Tensor> model, LabeledDataset data, TrainerOptions options, List<double[]> gradients,
        List<double[]> outputs)
    {
        options = options with
        {
            BeforeUpdate = flat => gradients.Add(Examples.Values(flat.Gradients[0])),
            Objective = task switch
            {
                "tokens" => new TokenCrossEntropy(),
                "regression" => new SquaredError(),
                _ => Objective.CrossEntropy,
            },
            Selection = task == "weights" ? new() { Drawing = new ImportanceSampling() } : new(),
        };
        SelectionFunction score = task == "weights" ? SelectionFunctions.GradientNorm : SelectionFunctions.TrainLoss;
        var trainer = new Trainer(model, data, score, null, options);
        trainer.OnStep = step =>
        {
            outputs.Add([.. Examples.Values(step.Trained.Logits), .. Examples.Values(step.Trained.Losses)]);
            (step.Selected.Weights is not null).ShouldBe(task == "weights");
        };
        return trainer;
    }

    private static nn.Module<Tensor, Tensor> Net(string task)
    {
        if (task is "classes" or "weights") { return new Mlp(8, [6], 3, seed: 5); }
        Linear linear = nn.Linear(8, 3);
        Initialization.Reset(linear, seed: 5);
        return linear;
    }

    /// <summary>Of tokens every example has another number that counts, 1 to 4 of 4.</summary>
    private static LabeledDataset Data(string task)
    {
        if (task is "classes" or "weights") { return Toys.Points(40); }
        using IDisposable scope = NewDisposeScope();
        using var random = new Generator(2, CPU);
        if (task == "regression")
        {
            return LabeledDataset.WithTargets(randn([40, 8], generator: random), randn([40, 3], generator: random));
        }
        Tensor labels = randint(0, 3, [40, 4], dtype: int64, generator: random);
        for (int i = 0; i < 40; i++) { labels[i].slice(0, 1 + i % 4, 4, 1).fill_(TokenCrossEntropy.Ignored); }
        return LabeledDataset.WithTargets(randn([40, 4, 8], generator: random), labels);
    }

    private static LabeledDataset Ones(int count)
    {
        using IDisposable scope = NewDisposeScope();
        return new LabeledDataset(ones(count, 32), arange(count, dtype: int64) % 3, 3);
    }

    /// <summary>Notes the masks that its dropout drew, as text.</summary>
    private sealed class RecordedDropout : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _linear = nn.Linear(32, 3);
        private readonly SeededDropout _dropout = new(0.5);

        public RecordedDropout() : base(nameof(RecordedDropout))
        {
            RegisterComponents();
            Initialization.Reset(this, 1);
        }

        public List<string> Masks { get; } = [];

        public override Tensor forward(Tensor input)
        {
            Tensor kept = _dropout.forward(input);
            Masks.Add(string.Concat(Examples.Values(kept).Select(value => value > 0 ? '1' : '0')));
            return _linear.forward(kept);
        }
    }

    /// <summary>Notes how many tensors are alive where a forward pass begins.</summary>
    private sealed class CountedForward : nn.Module<Tensor, Tensor>
    {
        private readonly Mlp _inner = new(8, [6], 3, seed: 5);

        public CountedForward() : base(nameof(CountedForward)) => RegisterComponents();

        public List<long> Live { get; } = [];

        public override Tensor forward(Tensor input)
        {
            Live.Add(Toys.LiveTensors);
            return _inner.forward(input);
        }
    }
}
