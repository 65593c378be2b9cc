using CsCheck;
using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class BatchSelectorTests
{
    /// <summary>Scores that are the first input column: the test writes them.</summary>
    private static Tensor FirstInput(Candidates candidates) => candidates.Inputs.select(1, 0);

    private static BatchSelector Selector(LogitsModel model, SelectionFunction function, int batchSize, int largeBatch, long seed = 0) =>
        new(model, function, null, batchSize, new BatchSelectorOptions { LargeBatchSize = largeBatch, Seed = seed });

    private static Batch Scored(params float[] scores) =>
        new(arange(scores.Length, dtype: int64) + 100, tensor(scores).unsqueeze(1), zeros(scores.Length, dtype: int64));

    // k = max(1, ⌊|B_t| · n_b / n_B⌋), algorithm.md "Step semantics" 2:
    // ⌊320/10⌋, ⌊40/10⌋, ⌊7/10⌋ raised to 1, ⌊19/10⌋, ⌊5 · 3/4⌋, all of them.
    [Theory]
    [InlineData(320, 32, 320, 32)]
    [InlineData(40, 32, 320, 4)]
    [InlineData(7, 32, 320, 1)]
    [InlineData(19, 32, 320, 1)]
    [InlineData(5, 3, 4, 3)]
    [InlineData(6, 4, 4, 6)]
    public void The_share_of_a_large_batch_is_rounded_down_but_at_least_one(int candidates, int batchSize, int largeBatch, int selected)
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, batchSize, largeBatch);
        SelectedBatch batch = selector.Select(Scored([.. Enumerable.Range(0, candidates).Select(i => (float)i)]));
        Examples.Longs(batch.Indices).ShouldBe(Enumerable.Range(1, selected).Select(i => 100L + candidates - i));
    }

    [Fact]
    public void A_large_batch_is_ten_batches_unless_told_otherwise()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using var selector = new BatchSelector(model, FirstInput, null, batchSize: 2);
        selector.Select(Scored(new float[20])).Batch.Count.ShouldBe(2);   // 20 · 2/20
    }

    [Fact]
    public void Of_equal_scores_the_earlier_position_wins()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 3, 6);
        Examples.Longs(selector.Select(Scored(1, 2, 1, 2, 1, 1)).Positions).ShouldBe([1, 3, 0]);
        using BatchSelector many = Selector(model, FirstInput, 5, 1000);
        // Long enough for an unstable sort to show.
        Examples.Longs(many.Select(Scored(new float[1000])).Positions).ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public void Reordering_the_candidates_reorders_nothing_in_the_selection()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        Gen.Int[2, 40].SelectMany(
            n => Gen.Select(Gen.Shuffle(Enumerable.Range(0, n).ToArray()), Gen.Shuffle(Enumerable.Range(0, n).ToArray()), Gen.Int[1, n]))
            .Sample((scores, order, k) =>
            {
                using var inner = new NoTensorLeaks();
                using BatchSelector selector = Selector(model, FirstInput, k, scores.Length);
                Batch batch = Scored([.. scores.Select(s => s - 10.5f)]);   // distinct, some negative
                Tensor permutation = tensor(order.Select(o => (long)o).ToArray());
                SelectedBatch plain = selector.Select(batch), permuted = selector.Select(batch.At(permutation));
                Examples.Longs(permuted.Indices).ShouldBe(Examples.Longs(plain.Indices));
                Examples.Longs(permutation.index_select(0, permuted.Positions)).ShouldBe(Examples.Longs(plain.Positions));
                Examples.Values(plain.Inputs).ShouldBe(scores.Select(s => s - 10.5).OrderDescending().Take(k));
            }, iter: 60, threads: 1);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_score_that_is_not_finite_stops_the_selection_and_names_the_examples(float bad)
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 1, 5);
        NonFiniteScoreException error = Should.Throw<NonFiniteScoreException>(() => selector.Select(Scored(1, bad, 3, bad, 2)));
        error.ExampleIds.ShouldBe([101, 103]);
        error.Message.ShouldContain("2 examples (id 101, 103)");
    }

    [Fact]
    public void Infinities_of_both_signs_do_not_hide_each_other_and_huge_finite_scores_are_fine()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 1, 3);
        Should.Throw<NonFiniteScoreException>(() => selector.Select(Scored(float.PositiveInfinity, float.NegativeInfinity, 0))).ExampleIds
            .ShouldBe([100, 101]);
        Examples.Longs(selector.Select(Scored(3e38f, 2e38f, 3.2e38f)).Indices).ShouldBe([102]);   // their sum overflows float32
    }

    [Fact]
    public void A_nan_irreducible_loss_cannot_reach_a_selection_because_no_table_holds_one()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        string message = Should.Throw<InvalidInputException>(
            () => IrreducibleLosses.From(tensor([1f, float.NaN, 2f, 3f]), data, FourCandidates.Facts)).Message;
        message.ShouldContain("that of 1 example is not (id 50)");
    }

    [Fact]
    public void A_function_that_needs_irreducible_losses_says_so_when_there_are_none()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, SelectionFunctions.ReducibleHoldoutLoss, 1, 4);
        Should.Throw<InvalidInputException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message
            .ShouldContain("needs irreducible losses, but the selector has none");
    }

    [Fact]
    public void An_example_without_an_irreducible_loss_is_an_error_that_names_it()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using LabeledDataset three = data.Subset(tensor([70L, 50L, 90L]));
        using IrreducibleLosses table = IrreducibleLosses.From(zeros(3), three, FourCandidates.Facts);
        using var model = new LogitsModel();
        using var selector = new BatchSelector(model, SelectionFunctions.ReducibleHoldoutLoss, table, 1, FourCandidates.All());
        Should.Throw<InvalidInputException>(() => selector.Select(data, new LargeBatch(1, data.Ids))).Message
            .ShouldContain("example ids differ: 0 of 3 are gone, 1 of 4 are new (id 10)");
    }

    [Fact]
    public void Options_that_break_a_rule_name_rule_value_and_key()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        Should.Throw<ArgumentException>(() => Selector(model, FirstInput, 32, 16)).Message
            .ShouldStartWith("LargeBatchSize must be at least BatchSize (32), but was 16. Set BatchSelectorOptions.LargeBatchSize.");
        Should.Throw<ArgumentException>(() => Selector(model, FirstInput, 0, 16)).Message
            .ShouldStartWith("BatchSize must be at least 1, but was 0.");
        Should.Throw<ArgumentException>(() => new BatchSelector(model, FirstInput, null, 1,
            new BatchSelectorOptions { Drawing = new ImportanceSampling(Smoothing: 1) })).Message
            .ShouldStartWith("ImportanceSampling.Smoothing must be at least 0 and below 1, but was 1.");
    }

    [Fact]
    public void A_function_must_return_one_score_per_candidate()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector matrix = Selector(model, c => c.Inputs, 1, 3), scalar = Selector(model, c => c.Inputs.mean(), 1, 3);
        Should.Throw<InvalidOperationException>(() => matrix.Select(Scored(1, 2, 3))).Message
            .ShouldContain("shape [3], but returned [3, 1]");
        Should.Throw<InvalidOperationException>(() => scalar.Select(Scored(1, 2, 3))).Message.ShouldContain("but returned []");
    }

    [Fact]
    public void A_function_may_score_in_double_precision_or_whole_numbers()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector doubles = Selector(model, c => c.Inputs.select(1, 0).to(float64), 1, 3);
        using BatchSelector wholes = Selector(model, c => c.Indices, 1, 3);
        Examples.Longs(doubles.Select(Scored(1, 3, 2)).Indices).ShouldBe([101]);
        Examples.Longs(wholes.Select(Scored(1, 3, 2)).Indices).ShouldBe([102]);
        using var sampled = new BatchSelector(model, c => c.Inputs.select(1, 0).to(float64), null, 1,
            new BatchSelectorOptions { LargeBatchSize = 3, Drawing = new ImportanceSampling() });
        Examples.Longs(sampled.Select(Scored(0, 3, 0)).Indices).ShouldBe([101]);
    }

    [Fact]
    public void Exactly_the_tensors_that_were_scored_are_trained_on()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(20, 2);
        using var model = new LogitsModel();
        var augmentation = new CountingAugmentation(seed: 1);
        using BatchSelector selector = Selector(model, SelectionFunctions.TrainLoss, 5, 20);
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids), augmentation);
        // The model returns its inputs, so the logits it was scored by are the inputs it will be trained on:
        // a second draw of noise would differ.
        Examples.Values(selected.Inputs).ShouldBe(Examples.Values(selected.Candidates.Logits!.index_select(0, selected.Positions)));
        augmentation.Rows.ShouldBe([20L]);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Selecting_from_a_gathered_batch_and_by_ids_agree_for_the_same_seed(bool uniform, bool importance)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(40, 2);
        using var model = new LogitsModel();
        SelectionFunction function = uniform ? SelectionFunctions.Uniform : SelectionFunctions.GradientNorm;
        var options = new BatchSelectorOptions
        {
            LargeBatchSize = 40,
            Seed = 9,
            Drawing = importance ? new ImportanceSampling() : new TopScores(),
        };
        using BatchSelector one = new(model, function, null, 8, options), other = new(model, function, null, 8, options);
        for (int step = 1; step <= 3; step++)
        {
            SelectedBatch gathered = one.Select(data.Gather(data.Ids)), byId = other.Select(data, new LargeBatch(step, data.Ids));
            Examples.Longs(byId.Indices).ShouldBe(Examples.Longs(gathered.Indices));
            Examples.Values(byId.Inputs).ShouldBe(Examples.Values(gathered.Inputs));
            Examples.Longs(byId.Labels).ShouldBe(Examples.Longs(gathered.Labels));
        }
    }

    [Fact]
    public void Random_choices_are_a_function_of_seed_and_step()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(40, 2);
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, SelectionFunctions.Uniform, 8, 40, seed: 1);
        using BatchSelector same = Selector(model, SelectionFunctions.Uniform, 8, 40, seed: 1);
        using BatchSelector other = Selector(model, SelectionFunctions.Uniform, 8, 40, seed: 2);
        long[] At(BatchSelector of, long step) => Examples.Longs(of.Select(data, new LargeBatch(step, data.Ids)).Indices);
        long[] first = At(selector, 1), third = At(selector, 3);
        third.ShouldNotBe(first);
        At(same, 3).ShouldBe(third);    // whatever was chosen before
        At(same, 1).ShouldBe(first);
        At(other, 1).ShouldNotBe(first);
    }

    [Fact]
    public void Batches_gathered_for_no_step_are_counted_and_the_count_is_in_the_state()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(40, 2);
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, SelectionFunctions.Uniform, 8, 40, seed: 1);
        using BatchSelector resumed = Selector(model, SelectionFunctions.Uniform, 8, 40, seed: 1);
        long[] Next(BatchSelector of) => Examples.Longs(of.Select(data.Gather(data.Ids)).Indices);
        long[] first = Next(selector), second = Next(selector);
        second.ShouldNotBe(first);
        var state = new Dictionary<string, Tensor>();
        selector.Capture(state);
        resumed.Restore(name => state[name]);
        Next(resumed).ShouldBe(Next(selector));
        Examples.Longs(selector.Select(data, new LargeBatch(2, data.Ids)).Indices).ShouldBe(second);
    }

    [Fact]
    public void The_selection_outlives_the_call_and_nothing_else_does()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        using var model = new LogitsModel();
        using var selector = new BatchSelector(model, SelectionFunctions.ReducibleHoldoutLoss, table, 2, FourCandidates.All());
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        SelectedBatch selected = selector.Select(data, new LargeBatch(1, data.Ids));
        long alive = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount - before;
        Tensor[] results =
        [
            selected.Batch.Indices, selected.Batch.Inputs, selected.Batch.Labels, selected.Positions, selected.Candidates.Labels!,
            selected.Candidates.Scores!, selected.Candidates.Logits!, selected.Candidates.Loss!,
            selected.Candidates.IrreducibleLoss!,
        ];
        foreach (Tensor tensor in results) { tensor.IsInvalid.ShouldBeFalse(); }
        alive.ShouldBe(results.Length);
        Examples.Longs(selected.Batch.Indices).ShouldBe([50, 10]);
        selected.Candidates.Indices.ShouldBeSameAs(data.Ids);
    }

    [Fact]
    public void The_callers_own_tensors_stay_in_the_callers_scope()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        Batch batch = Scored(1, 3, 2);
        using (NewDisposeScope())
        {
            // A function that hands back the caller's tensor as scores must not move it into this scope.
            using BatchSelector selector = Selector(model, c => c.Indices, 1, 3);
            selector.Select(batch);
        }
        batch.Indices.IsInvalid.ShouldBeFalse();
        Examples.Longs(batch.Indices).ShouldBe([100, 101, 102]);
    }

    [Fact]
    public void A_failed_selection_frees_everything()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, c => c.Inputs.squeeze(1) / 0, 1, 3);
        Batch batch = Scored(1, 3, 2);
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Should.Throw<NonFiniteScoreException>(() => selector.Select(batch));
        DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount.ShouldBe(before);
    }
}
