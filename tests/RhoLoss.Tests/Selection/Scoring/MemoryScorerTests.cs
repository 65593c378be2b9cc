using RhoLoss.Data;
using RhoLoss.Logging;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection.Scoring;

/// <summary>Scorers that remember: last-seen losses, and the cascade that drops losers by them.</summary>
public sealed class MemoryScorerTests
{
    /// <summary>
    /// Examples of label 0 with logits (z, 0), so that the loss is ln(1 + e^−z); ids in an order that is not that of the rows.
    /// </summary>
    private static LabeledDataset OfLogits(long[] ids, params float[] z) =>
        new(stack([tensor(z), zeros(z.Length)], 1), zeros(z.Length, dtype: int64), 2, tensor(ids));

    private static double Loss(float z) => Math.Log(1 + Math.Exp(-z));

    [Fact]
    public void An_example_that_was_never_seen_has_the_loss_of_a_uniform_prediction()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using BatchSelector selector = Scores.ByLoss(new LastSeenScorer(data, new InputScorer(), rescored: 0), 1, 4);
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids));
        Examples.Values(selected.Candidates.Loss!).ShouldBe(Enumerable.Repeat(Math.Log(3), 4), tolerance: 1e-6);   // 3 classes
        selected.Candidates.Forwarded.ShouldBe(0);
        selected.Candidates.SpeaksForTarget.ShouldBeFalse();
    }

    [Fact]
    public void Training_refreshes_what_it_selected_by_id_and_nothing_else()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();   // ids 70, 50, 90, 10
        using var scorer = new LastSeenScorer(data, new InputScorer(), rescored: 0);
        using BatchSelector selector = Scores.ByLoss(scorer, 1, 4);
        Batch trained = data.Gather(tensor([10L, 50L]));
        selector.Observe(trained, trained.Inputs);   // a model that returns its inputs

        // In another order than the data's; losses of FourCandidates, ln 3 for what was not trained on.
        Tensor order = tensor([50L, 70L, 10L, 90L]);
        Examples.Values(selector.Select(data, new LargeBatch(1, order)).Candidates.Loss!)
            .ShouldBe([Math.Log(4), Math.Log(3), Math.Log(10), Math.Log(3)], tolerance: 1e-6);
        Examples.Longs(scorer.AgeOf(order)).ShouldBe([1, 2, 1, 2]);   // seen at step 0, now it is 1; never seen is older than the run
    }

    [Fact]
    public void The_rescore_refreshes_exactly_the_oldest()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = OfLogits([30, 10, 50, 20, 40], 0.5f, 1f, 2f, 3f, 4f);
        var model = new InputScorer();
        using BatchSelector selector = Scores.ByLoss(new LastSeenScorer(data, model, rescored: 2), 1, 5);
        Scores_ObserveInputs(selector, data, 30);        // seen at step 0
        Scores_ObserveInputs(selector, data, 20);        // seen at step 1

        Tensor order = tensor([20L, 40L, 30L, 10L, 50L]);
        SelectedBatch first = selector.Select(data, new LargeBatch(1, order));
        model.Asked.Single().ShouldBe([40, 10]);         // 40, 10 and 50 were never seen: of equals the earlier in B_t
        first.Candidates.Forwarded.ShouldBe(2);
        // 20, 40, 30, 10 are known now, with z = 3, 4, 0.5, 1; 50 is not.
        Examples.Values(first.Candidates.Loss!).ShouldBe([Loss(3), Loss(4), Loss(0.5f), Loss(1), Math.Log(2)], tolerance: 1e-6);

        selector.Select(data, new LargeBatch(1, order));
        model.Asked[1].ShouldBe([50, 30]);               // never seen; seen at step 0, with 20 at 1 and the others at 2
        selector.Select(data, new LargeBatch(1, tensor([30L, 20L])));
        model.Asked[2].ShouldBe([20, 30]);               // no more than there are; the oldest first
        model.Observed.ShouldBe(2);                      // the rescorer hears of every step
    }

    private static void Scores_ObserveInputs(BatchSelector selector, LabeledDataset data, params long[] ids)
    {
        using IDisposable scope = NewDisposeScope();
        Batch batch = data.Gather(tensor(ids));
        selector.Observe(batch, batch.Inputs);
    }

    [Fact]
    public void Last_seen_losses_in_training_are_those_of_the_step_in_which_an_example_was_trained_on()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(30);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(
            model,
            data,
            target => Scores.ByLoss(new LastSeenScorer(data, new TargetScorer(target.Model, ScoringMode.Eval), rescored: 0), 3, 10),
            new TrainerOptions { BatchSize = 3, LargeBatchSize = 10 });
        var last = new Dictionary<long, double>();
        trainer.OnStep = step =>
        {
            long[] candidates = Toys.Longs(step.Selected.Candidates.Indices);
            double[] losses = Examples.Values(step.Selected.Candidates.Loss!);
            for (int i = 0; i < candidates.Length; i++) { losses[i].ShouldBe(last.GetValueOrDefault(candidates[i], Math.Log(3)), 1e-5); }
            foreach ((long id, double loss) in Toys.Longs(step.Selected.Indices)
                .Zip(Examples.Values(Toys.CrossEntropy(step.Trained.Logits, step.Selected.Labels))))
            {
                last[id] = loss;
            }
        };
        for (int i = 0; i < 12; i++) { trainer.Step().Scored.ShouldBe(0); }
        last.Count.ShouldBeGreaterThan(9);   // more than one epoch's 3 · 3
    }

    [Fact]
    public void An_example_of_other_data_is_refused_by_id()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var scorer = new LastSeenScorer(data, new InputScorer(), 0);
        Should.Throw<InvalidInputException>(() => scorer.AgeOf(tensor([70L, 71L]))).Message
            .ShouldBe("The memory of last-seen losses has no example with id 71 (1 of 2 requested ids are missing).");
    }

    [Fact]
    public void A_cascade_scores_the_best_by_stale_score_and_the_oldest_of_the_rest()
    {
        using var check = new NoTensorLeaks();
        long[] ids = [90, 80, 70, 60, 50, 40, 30, 20, 10, 5];
        // Losses 2.127, 1.313, 0.127, 0.049, 0.474, then four of 0.127 and 0.049; ln 2 = 0.693 while unseen.
        using LabeledDataset data = OfLogits(ids, -2, -1, 2, 3, 0.5f, 2, 2, 2, 2, 3);
        var model = new InputScorer();
        // 5 of 10, of them ⌊0.4 · 5⌋ = 2 by age.
        using BatchSelector selector = Scores.ByLoss(new CascadeScorer(data, model, share: 0.5, explored: 0.4), 2, 10);

        SelectedBatch first = selector.Select(data, new LargeBatch(1, data.Ids));
        model.Asked[0].ShouldBe([90, 80, 70, 60, 50]);   // nothing is known: all ties, the earlier position wins
        Examples.Longs(first.Indices).ShouldBe([90, 80]);
        first.Candidates.Forwarded.ShouldBe(5);
        Examples.Longs(first.Candidates.Indices).ShouldBe([90, 80, 70, 60, 50]);
        Examples.Longs(first.Candidates.Indices.index_select(0, first.Positions)).ShouldBe([90, 80]);
        selector.Observe(first.Batch, zeros(2, 2));

        // By stale loss 90, 80, then the unseen 40, 30, 20, 10, 5 by position,
        // then 50, 70, 60. Best three: 90, 80, 40; oldest of the rest: 30, 20.
        SelectedBatch second = selector.Select(data, new LargeBatch(1, data.Ids));
        model.Asked[1].ShouldBe([90, 80, 40, 30, 20]);
        selector.Observe(second.Batch, zeros(2, 2));

        // Now 40, 30, 20 are known to be 0.127: best 90, 80 and the unseen 10;
        // oldest of the rest: the unseen 5, then those of step 0, 50 first by loss.
        selector.Select(data, new LargeBatch(1, data.Ids));
        model.Asked[2].ShouldBe([90, 80, 50, 10, 5]);
        model.Observed.ShouldBe(2);
    }

    [Fact]
    public void A_shortlist_is_never_shorter_than_the_batch()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(10, 2);
        var model = new InputScorer();
        using BatchSelector selector = Scores.ByLoss(new CascadeScorer(data, model, share: 0.1), 4, 10);
        selector.Select(data, new LargeBatch(1, data.Ids)).Batch.Count.ShouldBe(4);
        model.Asked.Single().Length.ShouldBe(4);
    }

    [Fact]
    public void A_shortlist_of_all_is_none()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(10, 2);
        using var scorer = new CascadeScorer(data, new InputScorer(), share: 1);
        using var random = new StepRandom(seed: 1, step: 1);
        var candidates = new Candidates(data, new LargeBatch(1, data.Ids), null, scorer, null, Objective.CrossEntropy, random);
        scorer.Shortlist(candidates, SelectionFunctions.TrainLoss, 2).ShouldBeNull();
    }

    [Fact]
    public void A_cascade_with_share_one_trains_exactly_as_its_second_stage_alone()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using IrreducibleLosses irreducible = Toys.RandomLosses(data);
        using Mlp first = new(8, [6], 3, seed: 5), second = new(8, [6], 3, seed: 5);
        var options = new TrainerOptions { BatchSize = 4, LargeBatchSize = 20, Seed = 3 };
        BatchSelector Rho(Scorer scorer) =>
            new(scorer, SelectionFunctions.ReducibleHoldoutLoss, irreducible, 4, new BatchSelectorOptions { LargeBatchSize = 20 });
        using var alone = new Trainer(first, data, target => Rho(new TargetScorer(target.Model)), options);
        using var cascade = new Trainer(second, data,
            target => Rho(new CascadeScorer(data, new TargetScorer(target.Model), share: 1)), options);
        Toys.Record(cascade, 9).ShouldBe(Toys.Record(alone, 9));
        Toys.Bits(second).ShouldBe(Toys.Bits(first));
    }

    [Fact]
    public void What_is_tracked_of_a_cascade_is_about_its_shortlist()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(50);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var tracker = new SelectionTracker(data);
        using var trainer = new Trainer(
            model,
            data,
            target => Scores.ByLoss(new CascadeScorer(data, new TargetScorer(target.Model), share: 0.5), 4, 20),
            new TrainerOptions { BatchSize = 4, LargeBatchSize = 20 });
        trainer.OnStep = step =>
        {
            tracker.Observe(step);
            SelectionQuantiles loss = SelectionTracker.Quantiles(step)["loss"];
            loss.Selected![0].ShouldBeGreaterThanOrEqualTo(loss.Rejected![2]);   // largest losses were selected from the shortlist
        };
        trainer.Step().Scored.ShouldBe(10);
        tracker.Shares.Selected.ShouldBe(4);
    }

    [Theory]
    [InlineData(0, 0.25)]
    [InlineData(1.1, 0.25)]
    [InlineData(double.NaN, 0.25)]
    [InlineData(0.4, -0.1)]
    [InlineData(0.4, 1.1)]
    public void Shares_out_of_range_are_refused(double share, double explored)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        Should.Throw<ArgumentOutOfRangeException>(() => new CascadeScorer(data, new InputScorer(), share, explored));
    }
}
