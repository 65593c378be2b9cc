using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

[Collection(TakesTheProcess.Name)]
public sealed class HoldoutTrainingTests
{
    // Memorising 24 random labels with a high learning rate makes the loss on other points rise again after a few epochs.
    private static readonly HoldoutTrainingOptions Overfitting = new()
    {
        Epochs = 12,
        BatchSize = 8,
        Seed = 3,
        Optimizer = new AdamWOptions { LearningRate = 0.03 },
    };

    [Fact]
    public void The_checkpoint_with_the_lowest_loss_on_the_training_set_is_kept()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.PointsWithRandomLabels(24, seed: 1), train = Toys.PointsWithRandomLabels(30, seed: 2);
        using var model = new Mlp(8, [16], 3, seed: 5);
        var epochs = new List<HoldoutEpoch>();
        var states = new List<byte[]>();
        using IrreducibleLosses irreducible = Train(model, holdout, train, Overfitting, epoch =>
        {
            epochs.Add(epoch);
            states.Add(Toys.Bits(model));
        });

        epochs.Select(e => e.Epoch).ShouldBe(Enumerable.Range(1, 12));
        HoldoutEpoch best = epochs.MinBy(e => e.Loss)!;
        best.Epoch.ShouldBeLessThan(12, "the last epoch must not be the best, or this test shows nothing");
        Toys.Bits(model).ShouldBe(states[best.Epoch - 1]);
        Evaluation kept = Evaluator.Evaluate(model, train);
        kept.Loss.ShouldBe(best.Loss);
        irreducible.Facts.Epoch.ShouldBe(best.Epoch);
        irreducible.Facts.Loss.ShouldBe(best.Loss);
        irreducible.Facts.Accuracy.ShouldBe(kept.Accuracy);
        irreducible.Facts.Source.ShouldBe("holdout");
        irreducible.Facts.Seed.ShouldBe(3);
        irreducible.Facts.Architecture.ShouldBe("Mlp");
        irreducible.Facts.Seconds.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Patience_stops_after_that_many_epochs_without_a_lower_loss(int patience)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.PointsWithRandomLabels(24, seed: 1), train = Toys.PointsWithRandomLabels(30, seed: 2);
        using nn.Module<Tensor, Tensor> patient = new Mlp(8, [16], 3, seed: 5), hasty = new Mlp(8, [16], 3, seed: 5);
        List<HoldoutEpoch> all = [], until = [];
        Train(patient, holdout, train, Overfitting, all.Add).Dispose();
        Train(hasty, holdout, train, Overfitting with { Patience = patience }, until.Add).Dispose();

        int lastBest = 0, stop = all.Count;
        // By hand: stop at the first epoch that is `patience` after the best so far.
        for (int i = 1; i < all.Count && stop == all.Count; i++)
        {
            if (all[i].Loss < all[lastBest].Loss) { lastBest = i; } else if (i - lastBest >= patience) { stop = i + 1; }
        }
        stop.ShouldBeLessThan(all.Count);
        until.ShouldBe(all.Take(stop));
        Evaluator.Evaluate(hasty, train).Loss.ShouldBe(until.Min(e => e.Loss));
    }

    [Fact]
    public void Irreducible_losses_are_those_of_the_kept_model_in_eval_mode_on_plain_inputs_with_noisy_labels()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Images(30, seed: 1), clean = Toys.Images(40, seed: 2);
        using LabeledDataset train = LabelNoise.Uniform(clean, 0.5, seed: 1);
        using var model = new SmallResidualNet(seed: 5);
        using IrreducibleLosses irreducible = Train(model, holdout, train,
            new HoldoutTrainingOptions
            {
                Epochs = 3,
                BatchSize = 10,
                Seed = 3,
                Augmentation = seed => new CropAndFlip(2, seed),
                Architecture = "small-residual",
            });

        model.eval();
        using IDisposable noGradient = no_grad();
        // Those of Toys.Images.
        Tensor mean = tensor([0.4f, 0.5f, 0.6f]).reshape(3, 1, 1), std = tensor([0.2f, 0.25f, 0.3f]).reshape(3, 1, 1);
        Tensor expected = Toys.CrossEntropy(model.forward((train.StoredInputs.to(float32) / 255f - mean) / std), train.Labels);
        Toys.Floats((irreducible.Of(train.Ids) - expected).abs().max())[0].ShouldBeLessThan(1e-5f);
        irreducible.Count.ShouldBe(40);
        irreducible.Facts.Architecture.ShouldBe("small-residual");
        irreducible.RequireSameData(train);
        Should.Throw<InvalidInputException>(() => irreducible.RequireSameData(clean)).Message.ShouldContain("labels");
    }

    // The logits of FourCandidates halved: (0, ln √2, 0) and (ln √8, 0, 0), whose exponentials sum to 2 + √2 and 2 + √8.
    [Fact]
    public void Softened_losses_are_those_computed_by_hand()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var model = new PassThrough();
        using IrreducibleLosses half = HoldoutTraining.AtTemperature(model, data, FourCandidates.Facts, 2);
        using IrreducibleLosses plain = HoldoutTraining.AtTemperature(model, data, FourCandidates.Facts, 1);

        double root2 = Math.Sqrt(2), root8 = Math.Sqrt(8);
        Examples.Values(half.Of(data.Ids))
            .ShouldBe([Math.Log(1 + root2), Math.Log(2 + root2), Math.Log(1 + 1 / root2), Math.Log(2 + root8)], tolerance: 1e-6);
        Examples.Values(plain.Of(data.Ids)).ShouldBe(FourCandidates.Loss, tolerance: 1e-6);
        half.Facts.ShouldBe(FourCandidates.Facts with { Temperature = 2 });
    }

    // Laws: T = 1 changes no bit; training does not see T; at T → ∞ every loss is ln C;
    // and the loss of a point the model gets right only rises with T.
    [Fact]
    public void A_temperature_changes_the_table_and_nothing_else()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.PointsWithRandomLabels(24, seed: 1), train = Toys.PointsWithRandomLabels(30, seed: 2);
        using nn.Module<Tensor, Tensor> model = new Mlp(8, [16], 3, seed: 5), warm = new Mlp(8, [16], 3, seed: 5);
        using IrreducibleLosses plain = Train(model, holdout, train, Overfitting);
        using IrreducibleLosses softened = Train(warm, holdout, train, Overfitting with { Temperature = 3 });
        using IrreducibleLosses again = HoldoutTraining.AtTemperature(model, train, plain.Facts, 3);
        using IrreducibleLosses same = HoldoutTraining.AtTemperature(model, train, plain.Facts, 1);
        using IrreducibleLosses flat = HoldoutTraining.AtTemperature(model, train, plain.Facts, 1e6);

        Toys.Bits(warm).ShouldBe(Toys.Bits(model));
        softened.Facts.ShouldBe(plain.Facts with { Temperature = 3, Seconds = softened.Facts.Seconds });
        float[] cold = Toys.Floats(plain.Of(train.Ids)), soft = Toys.Floats(softened.Of(train.Ids));
        Toys.Floats(again.Of(train.Ids)).ShouldBe(soft);
        Toys.Floats(same.Of(train.Ids)).ShouldBe(cold);
        Toys.Floats(flat.Of(train.Ids)).ShouldAllBe(loss => Math.Abs(loss - Math.Log(3)) < 1e-4);
        (Tensor losses, Tensor? right) = Evaluator.PerExample(model, train);
        using Tensor ownedLosses = losses, ownedRight = right!;
        bool[] correct = [.. Toys.Floats(ownedRight).Select(share => share == 1)];
        correct.ShouldContain(true);
        Enumerable.Range(0, 30).Where(i => correct[i]).ShouldAllBe(i => soft[i] > cold[i]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_temperature_is_a_number_above_0(double temperature)
    {
        using LabeledDataset data = Toys.Points(6), holdout = Toys.Points(6, seed: 2);
        using var model = new Mlp(8, [4], 3, seed: 1);
        Should.Throw<ArgumentOutOfRangeException>(() => Train(model, holdout, data, Overfitting with { Temperature = temperature })).Message
            .ShouldStartWith("The temperature of irreducible losses must be a number above 0.");
        Should.Throw<ArgumentOutOfRangeException>(() => HoldoutTraining.AtTemperature(model, data, Toys.Facts, temperature));
    }

    [Fact]
    public void Dropout_is_off_when_irreducible_losses_are_computed()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(30, seed: 1), train = Toys.Points(30, seed: 2);
        using var model = new DropoutNet(seed: 5);
        manual_seed(1);
        using IrreducibleLosses irreducible = Train(model, holdout, train, Overfitting with { Epochs = 2 });
        model.eval();
        using IDisposable noGradient = no_grad();
        Tensor expected = Toys.CrossEntropy(model.forward(train.StoredInputs), train.Labels);
        Toys.Floats((irreducible.Of(train.Ids) - expected).abs().max())[0].ShouldBeLessThan(1e-5f);
    }

    [Fact]
    public void It_trains_on_the_holdout_alone_in_whole_shuffled_epochs()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(30, seed: 1), train = Toys.Points(20, seed: 2);
        using var model = new FirstFeatureSpy(8, 3);
        Train(model, holdout, train, Overfitting with { Epochs = 2 }).Dispose();
        float[] firstFeatures = Toys.Floats(holdout.StoredInputs.select(1, 0).contiguous());
        model.Trained.Count.ShouldBe(60);   // 2 epochs of 30
        model.Trained.Take(30).ShouldBe(firstFeatures, ignoreOrder: true);
        model.Trained.Skip(30).ShouldBe(firstFeatures, ignoreOrder: true);
        model.Trained.Take(30).ShouldNotBe(model.Trained.Skip(30));
    }

    [Fact]
    public void Equal_seeds_give_equal_losses_and_another_seed_others()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(30, seed: 1), train = Toys.Points(20, seed: 2);
        float[] Run(long seed)
        {
            using var model = new Mlp(8, [6], 3, seed: 5);
            using IrreducibleLosses irreducible = Train(model, holdout, train, Overfitting with { Epochs = 2, Seed = seed });
            return Toys.Floats(irreducible.Of(train.Ids));
        }
        float[] first = Run(3);
        Run(3).ShouldBe(first);
        Run(4).ShouldNotBe(first);
    }

    [Fact]
    public void Cancellation_throws_and_returns_nothing()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(30, seed: 1), train = Toys.Points(20, seed: 2);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var cancellation = new CancellationTokenSource();
        int epochs = 0;
        Should.Throw<OperationCanceledException>(() => HoldoutTraining.Run(model, holdout, train, Overfitting, _ =>
        {
            if (++epochs == 2) { cancellation.Cancel(); }
        }, cancellation.Token));
        epochs.ShouldBe(2);
    }

    [Fact]
    public void A_class_without_a_holdout_example_is_an_error_before_training()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset train = Toys.Points(20, seed: 2);
        using var holdout = new LabeledDataset(zeros(4, 8), tensor([0L, 0L, 2L, 2L]), classes: 3);
        using var model = new Mlp(8, [6], 3, seed: 5);
        byte[] before = Toys.Bits(model);
        string message = Should.Throw<InvalidInputException>(() => Train(model, holdout, train, Overfitting)).Message;
        message.ShouldContain("Class 1 has no example in the holdout set of 4");
        Toys.Bits(model).ShouldBe(before);
    }

    [Fact]
    public void An_epoch_whose_loss_is_not_a_number_is_never_the_best()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset holdout = Toys.Points(30, seed: 1), train = Toys.Points(20, seed: 2);
        using var model = new NotANumberInFirstEvaluation(8, 3);
        using IrreducibleLosses irreducible = Train(model, holdout, train, Overfitting with { Epochs = 3 });
        irreducible.Facts.Epoch.ShouldBe(3);   // epoch 1 is NaN; of 2 and 3 the learnable task gives 3 the lower loss
    }

    private static IrreducibleLosses Train(
        nn.Module<Tensor, Tensor> model,
        LabeledDataset holdout,
        LabeledDataset train,
        HoldoutTrainingOptions options,
        Action<HoldoutEpoch>? onEpoch = null) =>
        HoldoutTraining.Run(model, holdout, train, options, onEpoch, TestContext.Current.CancellationToken);

    private sealed class FirstFeatureSpy : nn.Module<Tensor, Tensor>
    {
        private readonly Mlp _inner;

        public FirstFeatureSpy(long features, int classes) : base(nameof(FirstFeatureSpy))
        {
            _inner = new Mlp(features, [], classes, seed: 5);
            RegisterComponents();
        }

        public List<float> Trained { get; } = [];

        public override Tensor forward(Tensor input)
        {
            if (training) { Trained.AddRange(Toys.Floats(input.select(1, 0).contiguous())); }
            return _inner.forward(input);
        }
    }

    private sealed class NotANumberInFirstEvaluation : nn.Module<Tensor, Tensor>
    {
        private readonly Mlp _inner;
        private bool _evaluated;

        public NotANumberInFirstEvaluation(long features, int classes) : base(nameof(NotANumberInFirstEvaluation))
        {
            _inner = new Mlp(features, [], classes, seed: 5);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            bool bad = !training && !_evaluated;
            _evaluated |= bad;
            Tensor logits = _inner.forward(input);
            return bad ? logits * float.NaN : logits;
        }
    }
}
