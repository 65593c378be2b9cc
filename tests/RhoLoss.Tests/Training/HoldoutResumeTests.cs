using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

/// <summary>Irreducible-loss training that is stopped and goes on.</summary>
public sealed class HoldoutResumeTests
{
    private static readonly HoldoutTrainingOptions Options = new() { Epochs = 6, BatchSize = 8, Patience = 4, Seed = 2 };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_training_that_was_stopped_ends_as_one_that_was_not(int stoppedAfter)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(60), holdout = Other(data, 40);
        HoldoutTrainingOptions kept = Options with { StatePath = folder.File("state") };
        using Mlp whole = Net(), stopped = Net(), resumed = new(8, [6], 3, seed: 99);
        var all = new List<HoldoutEpoch>();
        using IrreducibleLosses expected = HoldoutTraining.Run(whole, holdout, data, Options, all.Add);

        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => HoldoutTraining.Run(stopped, holdout, data, kept, e =>
        {
            if (e.Epoch == stoppedAfter) { stop.Cancel(); }
        }, stop.Token));
        File.Exists(kept.StatePath).ShouldBeTrue();
        var rest = new List<HoldoutEpoch>();
        using IrreducibleLosses losses = HoldoutTraining.Run(resumed, holdout, data, kept, rest.Add);

        rest.ShouldBe(all.Skip(stoppedAfter));
        Toys.Bits(resumed).ShouldBe(Toys.Bits(whole));
        Toys.Floats(losses.Of(data.Ids)).ShouldBe(Toys.Floats(expected.Of(data.Ids)));
        File.Exists(kept.StatePath).ShouldBeFalse();
    }

    [Fact]
    public void A_cross_fit_that_was_stopped_in_its_second_half_does_not_train_the_first_again()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(60);
        HoldoutTrainingOptions kept = Options with { StatePath = folder.File("state") };
        using IrreducibleLosses expected = CrossFit.Run(_ => Net(), data, Options);

        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => CrossFit.Run(_ => Net(), data, kept, (half, e) =>
        {
            if (half == 1 && e.Epoch == 2) { stop.Cancel(); }
        }, stop.Token));
        var halves = new List<int>();
        using IrreducibleLosses losses = CrossFit.Run(_ => Net(), data, kept, (half, _) => halves.Add(half));

        halves.ShouldAllBe(half => half == 1);
        Toys.Floats(losses.Of(data.Ids)).ShouldBe(Toys.Floats(expected.Of(data.Ids)));
        Directory.EnumerateFiles(Path.GetDirectoryName(kept.StatePath)!).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("seed")]
    [InlineData("holdout")]
    [InlineData("training set")]
    [InlineData("logit adjustment")]
    [InlineData("epoch examples")]
    [InlineData("validation examples")]
    [InlineData("precision")]
    [InlineData("augmentation")]
    public void A_state_of_another_training_is_refused(string what)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using LabeledDataset data = Toys.Points(60), holdout = Other(data, 40), otherHoldout = holdout.WithLabels(holdout.Labels.flip(0));
        using LabeledDataset otherData = data.WithLabels(data.Labels.flip(0));
        HoldoutTrainingOptions kept = Options with { StatePath = folder.File("state") };
        using Mlp stopped = Net(), resumed = Net();
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => HoldoutTraining.Run(stopped, holdout, data, kept, _ => stop.Cancel(), stop.Token));

        Should.Throw<InvalidInputException>(() => HoldoutTraining.Run(
            resumed,
            what == "holdout" ? otherHoldout : holdout,
            what == "training set" ? otherData : data,
            what switch
            {
                "seed" => kept with { Seed = 3 },
                "logit adjustment" => kept with { LogitAdjustment = 0.5 },
                "epoch examples" => kept with { EpochExamples = 16 },
                "validation examples" => kept with { ValidationExamples = 30 },
                "precision" => kept with { Format = new() { Precision = Precision.BFloat16 } },
                "augmentation" => kept with { Augmentation = seed => new CropAndFlip(1, seed) },
                _ => kept,
            })).Message.ShouldContain("was written with");
    }

    private static Mlp Net() => new(8, [6], 3, seed: 5);

    /// <summary>Points of their own, with ids that the data do not have.</summary>
    private static LabeledDataset Other(LabeledDataset data, int count)
    {
        using IDisposable scope = NewDisposeScope();
        using LabeledDataset points = Toys.Points(count);
        return new LabeledDataset(
            points.StoredInputs + 0.5f, points.Labels.clone(), data.Classes, points.Ids + 100_000);
    }
}
