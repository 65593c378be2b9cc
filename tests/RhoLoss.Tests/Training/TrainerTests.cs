using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Logging;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class TrainerTests
{
    // 50 points in large batches of 20: steps of 20, 20 and 10 candidates, of which 4, 4 and ⌊10·4/20⌋ = 2 are trained on.
    private static readonly TrainerOptions FourOfTwenty = new() { BatchSize = 4, LargeBatchSize = 20, Seed = 11 };

    // A fused SGD step is TorchSharp's to the bit; an AdamW step differs
    // by the rounding of LibTorch's square root (TorchSharpEqualityTests).
    private static readonly TrainerOptions FourOfTwentyWithSgd = FourOfTwenty with
    {
        Optimizer = new SgdOptions { LearningRate = 0.05, Momentum = 0.9 },
    };

    [Fact]
    public void Uniform_training_is_bit_for_bit_the_same_calls_written_by_hand()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(50);
        using nn.Module<Tensor, Tensor> model = new Mlp(192, [6], 3, seed: 5), twin = new Mlp(192, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, FourOfTwentyWithSgd);
        using optim.Optimizer optimizer = optim.SGD(twin.parameters(), 0.05, 0.9);
        // Those of Toys.Images.
        Tensor mean = tensor([0.4f, 0.5f, 0.6f]).reshape(3, 1, 1), std = tensor([0.2f, 0.25f, 0.3f]).reshape(3, 1, 1);
        Tensor scale = 1f / (std * 255f), shift = -mean / std;

        foreach (Tensor candidates in LargeBatches(data, epoch: 0).Concat(LargeBatches(data, epoch: 1)))
        {
            int k = (int)candidates.shape[0] * 4 / 20;
            using Generator random = Seeding.Create(Seeding.Of(11, Purpose.Selector), Purpose.Selection, trainer.StepsTaken + 1);
            Tensor chosen = candidates.index_select(0,
                rand(candidates.shape[0], generator: random).sort(descending: true, stable: true).Indices.slice(0, 0, k, 1));
            Tensor rows = (chosen - 100) / 7;   // ids of Toys are 100 + 7·row
            rows = rows.to(int64);
            optimizer.zero_grad();
            Tensor logits = twin.forward(data.StoredInputs.index_select(0, rows).to(float32) * scale + shift);
            Tensor loss = nn.functional.cross_entropy(
                logits, data.Labels.index_select(0, rows), reduction: nn.Reduction.None).mean();
            loss.backward();
            optimizer.step();

            StepTrace step = Toys.Record(trainer, 1)[0];
            step.Ids.ShouldBe(string.Join(' ', Toys.Longs(chosen)));
            step.Loss.ShouldBe(loss.item<float>());
            Toys.Bits(model).ShouldBe(Toys.Bits(twin));
        }
        trainer.StepsTaken.ShouldBe(6);   // two epochs of three
    }

    [Fact]
    public void Rho_loss_training_is_bit_for_bit_the_same_calls_written_by_hand()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using nn.Module<Tensor, Tensor> model = new Mlp(8, [6], 3, seed: 5), twin = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, FourOfTwentyWithSgd);
        using optim.Optimizer optimizer = optim.SGD(twin.parameters(), 0.05, 0.9);
        var lossOf = Toys.Longs(data.Ids).Zip(Toys.Floats(irreducible.Of(data.Ids))).ToDictionary(p => p.First, p => p.Second);

        foreach (Tensor candidates in LargeBatches(data, epoch: 0))
        {
            long[] ids = Toys.Longs(candidates);
            Tensor rows = tensor([.. ids.Select(id => (id - 100) / 7)]);   // ids of Toys are 100 + 7·row
            float[] crossEntropy;
            using (no_grad())
            {
                crossEntropy = Toys.Floats(
                    Toys.CrossEntropy(twin.forward(data.StoredInputs.index_select(0, rows)), data.Labels.index_select(0, rows)));
            }
            long[] chosen = [.. ids.Select((id, i) => (id, score: crossEntropy[i] - lossOf[id]))
                .OrderByDescending(c => c.score)
                .Select(c => c.id)
                .Take(ids.Length * 4 / 20)];
            rows = tensor([.. chosen.Select(id => (id - 100) / 7)]);
            optimizer.zero_grad();
            Tensor logits = twin.forward(data.StoredInputs.index_select(0, rows));
            Tensor loss = nn.functional.cross_entropy(
                logits, data.Labels.index_select(0, rows), reduction: nn.Reduction.None).mean();
            loss.backward();
            optimizer.step();

            StepTrace step = Toys.Record(trainer, 1)[0];
            step.Ids.ShouldBe(string.Join(' ', chosen));
            step.Loss.ShouldBe(loss.item<float>());
            Toys.Bits(model).ShouldBe(Toys.Bits(twin));
        }
        trainer.StepsTaken.ShouldBe(3);
    }

    [Fact]
    public void Weights_of_importance_sampling_multiply_the_losses_of_the_batch()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using nn.Module<Tensor, Tensor> model = new Mlp(8, [6], 3, seed: 5), twin = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.GradientNorm, null,
            FourOfTwentyWithSgd with { Selection = new() { Drawing = new ImportanceSampling() } });
        using optim.Optimizer optimizer = optim.SGD(twin.parameters(), 0.05, 0.9);
        Tensor rows = empty(0), weights = empty(0);
        trainer.OnStep = step =>
        {
            rows = ((step.Selected.Indices - 100) / 7).to(int64).DetachFromDisposeScope();   // ids of Toys are 100 + 7·row
            weights = step.Selected.Weights!.clone().DetachFromDisposeScope();
        };
        double actual = trainer.Step().Loss;
        using Tensor keptRows = rows, keptWeights = weights;

        Tensor logits = twin.forward(data.StoredInputs.index_select(0, rows)), labels = data.Labels.index_select(0, rows);
        Tensor loss = (nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.None) * weights).mean();
        loss.backward();
        optimizer.step();
        actual.ShouldBe(loss.item<float>());
        Toys.Bits(model).ShouldBe(Toys.Bits(twin));
    }

    [Theory]   // algorithm.md, "Step semantics" 2
    [InlineData(25_000, 32, 320, 79, 2_500)]
    [InlineData(60_000, 32, 320, 188, 6_000)]
    [InlineData(90_000, 64, 640, 141, 9_000)]
    public void An_epoch_has_the_steps_and_trained_points_of_the_specification(
        int points, int batch, int largeBatch, int steps, int trained)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(points, features: 2, classes: 2);
        using var model = new Mlp(2, [], 2, seed: 1);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null,
            new TrainerOptions { BatchSize = batch, LargeBatchSize = largeBatch });
        trainer.StepsPerEpoch.ShouldBe(steps);
        int candidates = 0, sum = 0;
        for (int step = 1; step <= steps; step++)
        {
            trainer.EpochsTaken.ShouldBe(0);
            StepResult result = trainer.Step();
            candidates += result.Candidates;
            sum += result.Trained;
            result.Step.ShouldBe(step);
            result.EpochEnded.ShouldBe(step == steps);
        }
        trainer.EpochsTaken.ShouldBe(1);
        trainer.StepsTaken.ShouldBe(steps);
        candidates.ShouldBe(points);   // every point is a candidate once an epoch
        sum.ShouldBe(trained);
    }

    [Fact]
    public void Uniform_scores_nothing_and_rho_loss_scores_every_candidate()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var uniform = new Trainer(model, data, SelectionFunctions.Uniform, null, FourOfTwenty);
        using var rho = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, FourOfTwenty);
        using var negative = new Trainer(model, data, SelectionFunctions.NegativeIrreducibleLoss, irreducible, FourOfTwenty);
        Toys.Record(uniform, 3).Select(s => s.Scored).ShouldBe([0, 0, 0]);
        Toys.Record(rho, 3).Select(s => s.Scored).ShouldBe([20, 20, 10]);   // |B_t|
        Toys.Record(negative, 3).Select(s => s.Scored).ShouldBe([0, 0, 0]);   // a table look-up, no forward pass
    }

    [Theory]
    [InlineData("uniform")]
    [InlineData("rho-loss")]
    [InlineData("gradient-norm-is")]
    public void Equal_seeds_repeat_ids_and_losses_exactly_and_another_seed_does_not(string method)
    {
        using var check = new NoTensorLeaks();
        List<StepTrace> first = TwoEpochs(method, seed: 3);
        TwoEpochs(method, seed: 3).ShouldBe(first);
        TwoEpochs(method, seed: 4).Select(s => s.Ids).ShouldNotBe(first.Select(s => s.Ids));
        first.Select(s => s.EpochEnded).ShouldBe([false, false, true, false, false, true]);   // 50 points in threes: 20, 20, 10
    }

    [Theory]
    [InlineData("uniform")]
    [InlineData("rho-loss")]
    [InlineData("gradient-norm-is")]
    public void A_thousand_steps_leave_no_tensor_behind(string method)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using Trainer trainer = Create(method, model, data, irreducible, seed: 3);
        using var tracker = new SelectionTracker(data);
        trainer.OnStep = step => { tracker.Observe(step); _ = SelectionTracker.Quantiles(step); };
        for (int i = 0; i < 10; i++) { trainer.Step(); }
        long afterTen = Toys.LiveTensors;
        for (int i = 10; i < 1_000; i++) { trainer.Step(); }
        // The permutation of the epoch, which step 10 of 3 a pass may or may not hold.
        Math.Abs(Toys.LiveTensors - afterTen).ShouldBeLessThanOrEqualTo(1);
        trainer.StepsTaken.ShouldBe(1_000);
    }

    [Fact]
    public void Steps_with_augmentation_and_batch_normalisation_leave_no_tensor_behind()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Images(40);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using var model = new SmallResidualNet(seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, FourOfTwenty,
            new CropAndFlip(2, seed: 1));
        for (int i = 0; i < 4; i++) { trainer.Step(); }
        long afterFour = Toys.LiveTensors;
        for (int i = 0; i < 20; i++) { trainer.Step(); }
        Toys.LiveTensors.ShouldBe(afterFour);   // 4 and 24 are both ends of an epoch of two steps
    }

    [Theory]
    [InlineData("labels")]
    [InlineData("inputs")]
    [InlineData("ids")]
    public void Irreducible_losses_of_other_data_are_refused(string difference)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using LabeledDataset other = difference switch
        {
            "labels" => LabelNoise.Uniform(data, 0.5, seed: 1),
            "inputs" => Toys.Points(20, seed: 2),
            _ => Toys.Points(21),
        };
        using var model = new Mlp(8, [6], 3, seed: 5);
        InvalidInputException refusal = Should.Throw<InvalidInputException>(
            () => new Trainer(model, other, SelectionFunctions.ReducibleHoldoutLoss, irreducible, FourOfTwenty));
        refusal.Message.ShouldContain("was computed for other data");
        refusal.Message.ShouldContain(difference);
        refusal.Message.ShouldContain("Compute it again for this data, or restore the data.");
    }

    [Fact]
    public void A_function_that_needs_irreducible_losses_says_so_when_there_are_none()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, null, FourOfTwenty);
        Should.Throw<InvalidInputException>(() => trainer.Step()).Message.ShouldContain("needs irreducible losses");
    }

    private static List<StepTrace> TwoEpochs(string method, long seed)
    {
        using LabeledDataset data = Toys.Points(50);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using Trainer trainer = Create(method, model, data, irreducible, seed);
        return Toys.Record(trainer, 6);
    }

    private static Trainer Create(
        string method, nn.Module<Tensor, Tensor> model, LabeledDataset data, IrreducibleLosses irreducible, long seed)
    {
        TrainerOptions options = FourOfTwenty with { Seed = seed };
        return method switch
        {
            "uniform" => new Trainer(model, data, SelectionFunctions.Uniform, null, options),
            "rho-loss" => new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible, options),
            _ => new Trainer(model, data, SelectionFunctions.GradientNorm, null,
                options with { Selection = new() { Drawing = new ImportanceSampling() } }),
        };
    }

    /// <summary>The documented order: one permutation an epoch from seed and epoch, cut in twenties.</summary>
    private static IEnumerable<Tensor> LargeBatches(LabeledDataset data, int epoch)
    {
        using Generator generator = Seeding.Stream(Seeding.Mix(11, 0), epoch);
        Tensor order = data.Ids.index_select(0, randperm(data.Count, dtype: int64, generator: generator));
        return [.. Enumerable.Range(0, (data.Count + 19) / 20).Select(i => order.slice(0, i * 20, Math.Min(i * 20 + 20, data.Count), 1))];
    }
}
