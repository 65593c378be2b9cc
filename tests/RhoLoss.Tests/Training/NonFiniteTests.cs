using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Training;

public sealed class NonFiniteTests
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]   // ∞ · weights of both signs is NaN in the next layer
    public void A_loss_that_is_not_finite_stops_before_the_update_and_names_step_and_ids(float bad)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithBadInput(12, bad, out long badId);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.Uniform, null, new TrainerOptions
        {
            BatchSize = 4,
            LargeBatchSize = 4,
            Seed = 2,
        });
        byte[] before = [];
        NonFiniteLossException stop = Should.Throw<NonFiniteLossException>(() =>
        {
            for (int i = 0; i < 3; i++)   // 12 points in fours: the bad one comes in one of three steps
            {
                before = Toys.Bits(model);
                trainer.Step();
            }
        });
        Toys.Bits(model).ShouldBe(before);
        stop.Step.ShouldBe(trainer.StepsTaken + 1);
        stop.ExampleIds.Count.ShouldBe(4);
        stop.ExampleIds.ShouldContain(badId);
        stop.Message.ShouldContain($"The loss of step {stop.Step} is NaN");
        stop.Message.ShouldContain(string.Join(", ", stop.ExampleIds));
        stop.Message.ShouldContain("Lower the learning rate");
    }

    // Before the first update the learning rate has had no effect.
    [Fact]
    public void A_first_loss_that_is_not_finite_is_no_fault_of_the_learning_rate()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithBadInput(12, float.NaN, out _);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, new TrainerOptions { BatchSize = 12 });

        Should.Throw<NonFiniteLossException>(() => trainer.Step()).Message.ShouldEndWith(
            "No step was taken before, so the learning rate is not the cause: "
            + "check the parameters that the model starts with, and these inputs.");
    }

    [Fact]
    public void A_score_that_is_not_finite_stops_before_anything_is_selected()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithBadInput(12, float.NaN, out long badId);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, irreducible,
            new TrainerOptions { BatchSize = 2, LargeBatchSize = 12 });
        byte[] before = Toys.Bits(model);
        NonFiniteScoreException stop = Should.Throw<NonFiniteScoreException>(() => trainer.Step());
        stop.ExampleIds.ShouldBe([badId]);
        stop.Message.ShouldContain($"id {badId}");
        Toys.Bits(model).ShouldBe(before);
        trainer.StepsTaken.ShouldBe(0);
    }

    [Fact]
    public void Irreducible_loss_training_counts_its_steps_over_epochs()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset clean = Toys.Points(12), training = Toys.Points(12, seed: 2);
        using var sampler = new ShuffledSampler(clean.Ids, 4, Seeding.Mix(2, 0));   // as HoldoutTraining samples with seed 2
        long[] order = [.. Enumerable.Range(0, 3).SelectMany(_ => Toys.Longs(sampler.Next().Ids))];
        foreach (int position in (int[])[0, 5, 11])   // in the first, second and last of three batches of four
        {
            using LabeledDataset holdout = WithBadInput(clean, order[position]);
            using var model = new Mlp(8, [6], 3, seed: 5);
            NonFiniteLossException stop = Should.Throw<NonFiniteLossException>(() => HoldoutTraining.Run(model, holdout, training,
                new HoldoutTrainingOptions { BatchSize = 4, Seed = 2 }, onEpoch: null, TestContext.Current.CancellationToken));
            stop.Step.ShouldBe(position / 4 + 1);
            stop.ExampleIds.ShouldContain(order[position]);
        }
    }

    [Theory]
    [InlineData("proxy")]
    [InlineData("irreducible-loss model")]
    public void A_model_beside_the_target_that_diverges_in_its_step_is_named_and_keeps_its_parameters(string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = WithBadInput(12, float.NaN, out long badId);
        using var target = new Mlp(8, [6], 3, seed: 5);
        var beside = new Mlp(8, [4], 3, seed: 6);
        using BatchSelector selector = Beside(name, target, beside, null, 2, new BatchSelectorOptions());
        selector.Observe(data.Gather(tensor([100L, 114L])), zeros(2, 3));
        byte[] before = Toys.Bits(beside);

        NonFiniteLossException stop = Should.Throw<NonFiniteLossException>(
            () => selector.Observe(data.Gather(tensor([121L, badId])), zeros(2, 3)));

        stop.Message.ShouldBe($"The loss of the {name} in its step 2 is NaN, on the examples with id 121, {badId}. " +
            $"The {name} has probably diverged: lower its learning rate, or check these inputs.");
        stop.ExampleIds.ShouldBe([121, badId]);
        Toys.Bits(beside).ShouldBe(before);
    }

    // A step may end in parameters that are no numbers although its loss was one: then the next scores tell.
    [Theory]
    [InlineData("proxy")]
    [InlineData("irreducible-loss model")]
    public void A_model_beside_the_target_that_has_diverged_is_named_where_it_scores(string name)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(12);
        using var model = new Mlp(8, [6], 3, seed: 5);
        var beside = new Mlp(8, [4], 3, seed: 6);
        using (no_grad()) { beside.parameters().First().fill_(float.NaN); }
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        var options = new BatchSelectorOptions { LargeBatchSize = 4 };
        using var trainer = new Trainer(model, data,
            target => Beside(name, target.Model, beside, irreducible, 2, options),
            new TrainerOptions { BatchSize = 2, LargeBatchSize = 4 });

        NonFiniteScoreException stop = Should.Throw<NonFiniteScoreException>(() => trainer.Step());

        stop.ExampleIds.Count.ShouldBe(4);
        string ids = string.Join(", ", stop.ExampleIds);
        stop.Message.ShouldBe($"The outputs of the {name} are not finite numbers for 4 examples (id {ids}). " +
            $"The {name} has probably diverged: lower its learning rate or check these inputs.");
    }

    private static BatchSelector Beside(
        string name, nn.Module<Tensor, Tensor> target, nn.Module<Tensor, Tensor> beside, Reference? losses, int batchSize,
        BatchSelectorOptions options) => name == "proxy"
        ? new BatchSelector(new ProxyScorer(beside), SelectionFunctions.ReducibleHoldoutLoss, losses, batchSize, options)
        : new BatchSelector(target, SelectionFunctions.ReducibleHoldoutLoss, new LearningReference(beside, new AdamWOptions()), batchSize,
            options with { OwnsReference = true });

    private static LabeledDataset WithBadInput(int count, float bad, out long id)
    {
        using LabeledDataset points = Toys.Points(count);
        id = 107;   // row 1 of Toys
        return WithBadInput(points, id, bad);
    }

    private static LabeledDataset WithBadInput(LabeledDataset points, long id, float bad = float.NaN)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor inputs = points.StoredInputs.clone();
        inputs[(id - 100) / 7, 3] = bad;
        return new LabeledDataset(inputs, points.Labels.clone(), points.Classes, points.Ids.clone());
    }
}
