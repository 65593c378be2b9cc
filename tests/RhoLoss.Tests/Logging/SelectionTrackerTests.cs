using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Logging;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Logging;

public sealed class SelectionTrackerTests
{
    [Fact]
    public void Shares_are_averaged_over_selected_points_and_steps_without_any_count()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Flagged();
        using var tracker = new SelectionTracker(data);
        // Ids 0, 1: both corrupted, 1 rare; labels 0, 1: both right.
        tracker.Observe(Scored(data, candidates: [0, 1, 2, 3], positions: [0, 1], predictions: [0, 1, 0, 0]));
        // Id 5: none of these; label 1, predicted 0.
        tracker.Observe(Scored(data, candidates: [2, 3, 4, 5], positions: [3], predictions: [0, 0, 0, 0]));
        tracker.Shares.ShouldBe(new SelectionShares(Selected: 3, Corrupted: 2.0 / 3, LowRelevance: 1.0 / 3, AlreadyCorrect: 2.0 / 3));
    }

    [Fact]
    public void A_point_drawn_twice_counts_twice()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Flagged();
        using var tracker = new SelectionTracker(data);
        tracker.Observe(Scored(data, candidates: [0, 3], positions: [0, 0, 1], predictions: [1, 1]));   // label of 0 is 0, of 3 is 1
        tracker.Shares.ShouldBe(new SelectionShares(Selected: 3, Corrupted: 2.0 / 3, LowRelevance: 0, AlreadyCorrect: 1.0 / 3));
    }

    [Fact]
    public void Without_a_scoring_pass_the_training_pass_says_what_was_already_correct()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Flagged();
        using var tracker = new SelectionTracker(data);
        Tensor ids = tensor([4L, 5L, 1L]);
        Tensor logits = tensor(new float[,] { { 1, 0 }, { 1, 0 }, { 0, 1 } });   // class 0, 0, 1 against labels 0, 1, 1
        var selected = new SelectedBatch(data.Gather(ids), tensor([1L, 3L, 0L]), null,
            new ScoredCandidates(tensor([1L, 4L, 0L, 5L]), null, zeros(4), null, null, null));
        tracker.Observe(new TrainingStep(1, selected, TrainedBatch.Of(selected.Batch, logits), 0));
        tracker.Shares.ShouldBe(new SelectionShares(Selected: 3, Corrupted: 1.0 / 3, LowRelevance: 2.0 / 3, AlreadyCorrect: 2.0 / 3));
    }

    [Fact]
    public void What_a_proxy_gets_right_is_not_what_the_target_gets_right()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Flagged();
        using SelectionTracker ofTarget = new(data), ofProxy = new(data);
        // The scoring pass is right about all four, the training pass about none.
        TrainingStep step = Scored(data, candidates: [0, 1, 2, 3], positions: [0, 1, 2, 3], predictions: [0, 1, 0, 1]);
        ofTarget.Observe(step);
        ofProxy.Observe(
            step with { Selected = step.Selected with { Candidates = step.Selected.Candidates with { SpeaksForTarget = false } } });
        ofTarget.Shares.AlreadyCorrect.ShouldBe(1);
        ofProxy.Shares.AlreadyCorrect.ShouldBe(0);
    }

    [Fact]
    public void Shares_of_flags_that_the_data_do_not_have_and_of_nothing_selected_are_null()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset plain = Toys.Points(6, classes: 2), flagged = Flagged();
        using SelectionTracker ofPlain = new(plain), ofFlagged = new(flagged);
        ofFlagged.Shares.ShouldBe(new SelectionShares(0, null, null, null));
        using var model = new Mlp(8, [], 2, seed: 1);
        using var trainer = new Trainer(model, plain, SelectionFunctions.TrainLoss, null,
            new TrainerOptions { BatchSize = 2, LargeBatchSize = 6 });
        trainer.OnStep = ofPlain.Observe;
        trainer.Step();
        ofPlain.Shares.Selected.ShouldBe(2);
        ofPlain.Shares.Corrupted.ShouldBeNull();
        ofPlain.Shares.LowRelevance.ShouldBeNull();
        ofPlain.Shares.AlreadyCorrect.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Over_a_run_the_shares_are_those_counted_by_id(bool uniform)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset clean = Toys.Points(60);
        using LabeledDataset data = LabelNoise.Uniform(clean, 0.3, seed: 1);
        using var model = new Mlp(8, [6], 3, seed: 5);
        using var trainer = new Trainer(model, data, uniform ? SelectionFunctions.Uniform : SelectionFunctions.TrainLoss, null,
            new TrainerOptions { BatchSize = 3, LargeBatchSize = 20 });
        using var tracker = new SelectionTracker(data);
        HashSet<long> corrupted = [.. Toys.Longs(data.Ids.masked_select(data.Flag(ExampleFlags.Corrupted)!))];
        int selected = 0, bad = 0, right = 0;
        trainer.OnStep = step =>
        {
            tracker.Observe(step);
            long[] ids = Toys.Longs(step.Selected.Indices);
            long[] predicted = Toys.Longs(step.Trained.Logits.argmax(1));
            long[] labels = Toys.Longs(step.Selected.Labels);
            selected += ids.Length;
            bad += ids.Count(corrupted.Contains);
            right += predicted.Zip(labels).Count(p => p.First == p.Second);   // no BatchNorm or dropout: both passes have the same logits
        };
        for (int i = 0; i < 9; i++) { trainer.Step(); }
        selected.ShouldBe(27);   // three epochs of three steps of 3
        tracker.Shares.ShouldBe(new SelectionShares(27, bad / 27.0, null, right / 27.0));
    }

    [Fact]
    public void Reset_forgets_and_restore_continues()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Flagged();
        using SelectionTracker tracker = new(data), other = new(data);
        TrainingStep step = Scored(data, candidates: [0, 1, 2, 3], positions: [0, 1], predictions: [0, 1, 0, 0]);
        tracker.Observe(step);
        other.Restore(tracker.State.clone());
        other.Shares.ShouldBe(tracker.Shares);
        tracker.Reset();
        tracker.Shares.ShouldBe(new SelectionShares(0, null, null, null));
        other.Shares.Selected.ShouldBe(2);   // a copy, not the same counts
        other.Observe(step);
        other.Shares.ShouldBe(new SelectionShares(Selected: 4, Corrupted: 1, LowRelevance: 0.5, AlreadyCorrect: 1));
        Toys.Longs(other.State).ShouldBe([4, 4, 2, 4]);
    }

    [Fact]
    public void Quantiles_of_selected_and_rejected_candidates_are_those_computed_by_hand()
    {
        using var check = new NoTensorLeaks();
        Tensor ids = arange(10, dtype: int64), loss = arange(10, float32), irreducible = full(10, 2f);
        Tensor positions = tensor([9L, 8L, 7L]);
        var selected = new SelectedBatch(new Batch(positions, zeros(3, 1), zeros(3, dtype: int64)), positions, null,
            new ScoredCandidates(ids, null, null, null, loss, irreducible));
        IReadOnlyDictionary<string, SelectionQuantiles> quantiles = SelectionTracker.Quantiles(
            new TrainingStep(1, selected, TrainedBatch.Of(selected.Batch, zeros(3, 2)), 0));

        quantiles.Keys.ShouldBe(["loss", "irreducibleLoss", "reducibleLoss"], ignoreOrder: true);
        // Linear interpolation at 0.1, 0.5, 0.9 of (n − 1): of {7, 8, 9} at 0.2, 1, 1.8; of {0, …, 6} at 0.6, 3, 5.4.
        ShouldBe(quantiles["loss"].Selected!, [7.2, 8, 8.8]);
        ShouldBe(quantiles["loss"].Rejected!, [0.6, 3, 5.4]);
        ShouldBe(quantiles["irreducibleLoss"].Selected!, [2, 2, 2]);
        ShouldBe(quantiles["irreducibleLoss"].Rejected!, [2, 2, 2]);
        ShouldBe(quantiles["reducibleLoss"].Selected!, [5.2, 6, 6.8]);
        ShouldBe(quantiles["reducibleLoss"].Rejected!, [-1.4, 1, 3.4]);
    }

    [Fact]
    public void Quantiles_are_null_for_an_empty_side_and_absent_for_what_was_not_computed()
    {
        using var check = new NoTensorLeaks();
        Tensor positions = tensor([0L, 1L]);
        var batch = new Batch(positions, zeros(2, 1), zeros(2, dtype: int64));
        var all = new SelectedBatch(batch, positions, null, new ScoredCandidates(positions, null, null, null, tensor([1f, 3f]), null));
        IReadOnlyDictionary<string, SelectionQuantiles> quantiles = SelectionTracker.Quantiles(
            new TrainingStep(1, all, TrainedBatch.Of(batch, zeros(2, 2)), 0));
        quantiles.Keys.ShouldBe(["loss"]);
        quantiles["loss"].Rejected.ShouldBeNull();
        ShouldBe(quantiles["loss"].Selected!, [1.2, 2, 2.8]);   // 1 + 2·(0.1, 0.5, 0.9)

        var uniform = new SelectedBatch(batch, positions, null, new ScoredCandidates(positions, null, zeros(2), null, null, null));
        SelectionTracker.Quantiles(new TrainingStep(1, uniform, TrainedBatch.Of(batch, zeros(2, 2)), 0)).ShouldBeEmpty();
    }

    private static void ShouldBe(IReadOnlyList<double> actual, double[] expected)
    {
        actual.Count.ShouldBe(expected.Length);
        for (int i = 0; i < expected.Length; i++) { actual[i].ShouldBe(expected[i], tolerance: 1e-6); }
    }

    /// <summary>Six examples with ids 0..5 and labels 0, 1, 0, 1, 0, 1; 0 and 1 corrupted, 1 and 4 of low relevance.</summary>
    private static LabeledDataset Flagged()
    {
        var data = new LabeledDataset(zeros(6, 2), arange(6, dtype: int64) % 2, classes: 2);
        data.SetFlag(ExampleFlags.Corrupted, tensor([true, true, false, false, false, false]));
        data.SetFlag(ExampleFlags.LowRelevance, tensor([false, true, false, false, true, false]));
        return data;
    }

    /// <summary>A step whose scoring pass predicted these classes for the candidates, and whose training pass says the opposite.</summary>
    private static TrainingStep Scored(LabeledDataset data, long[] candidates, long[] positions, long[] predictions)
    {
        Tensor ids = tensor(candidates), at = tensor(positions), logits = nn.functional.one_hot(tensor(predictions), 2).to(float32);
        var selected = new SelectedBatch(data.Gather(ids.index_select(0, at)), at, null,
            new ScoredCandidates(ids, data.LabelsOf(ids), zeros(candidates.Length), logits, null, null));
        return new TrainingStep(1, selected, TrainedBatch.Of(selected.Batch, -logits.index_select(0, at)), 0);
    }
}
