using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class ImportanceSamplingTests
{
    private static BatchSelector Selector(
        LogitsModel model, SelectionFunction function, int batchSize, int largeBatch, ImportanceSampling sampling) =>
        new(model, function, null, batchSize, new BatchSelectorOptions { LargeBatchSize = largeBatch, Drawing = sampling, Seed = 4 });

    private static Batch Scored(params float[] scores) =>
        new(arange(scores.Length, dtype: int64) + 100, tensor(scores).unsqueeze(1), zeros(scores.Length, dtype: int64));

    private static Tensor FirstInput(Candidates candidates) => candidates.Inputs.select(1, 0);

    [Fact]
    public void The_weight_of_an_example_is_one_over_n_times_its_probability()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 4, 4, new ImportanceSampling());
        for (int step = 0; step < 20; step++)
        {
            SelectedBatch selected = selector.Select(Scored(1, 2, 4, 1));
            // p = 1/8, 1/4, 1/2, 1/8, so 1 / (4 p) = 2, 1, 1/2, 2.
            double[] weights = [2, 1, 0.5, 2];
            Examples.Values(selected.Weights!).ShouldBe(Examples.Longs(selected.Positions).Select(p => weights[p]), tolerance: 1e-6);
            Examples.Longs(selected.Indices).ShouldBe(Examples.Longs(selected.Positions).Select(p => 100 + p));
        }
    }

    [Fact]
    public void The_expectation_of_the_weighted_loss_is_the_mean_loss_of_the_large_batch()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var model = new LogitsModel();
        // Drawing many more than n_B makes every candidate appear, so its weight can be read off and the expectation enumerated:
        // Σ_i p_i · w_i · CE_i with p_i the exact probabilities g_i / Σ g.
        using BatchSelector selector = Selector(model, SelectionFunctions.GradientNorm, 4, 4, new ImportanceSampling());
        Batch batch = data.Gather(data.Ids);
        double total = FourCandidates.GradientNorm.Sum(), expectation = 0;
        var weight = new double[4];
        for (int step = 0; step < 60; step++)
        {
            SelectedBatch selected = selector.Select(batch);
            foreach ((long position, double w) in Examples.Longs(selected.Positions).Zip(Examples.Values(selected.Weights!)))
            {
                weight[position] = w;
            }
        }
        for (int i = 0; i < 4; i++) { expectation += FourCandidates.GradientNorm[i] / total * weight[i] * FourCandidates.Loss[i]; }
        expectation.ShouldBe(FourCandidates.Loss.Average(), 1e-6);
    }

    [Fact]
    public void The_average_of_many_draws_is_the_mean_loss_within_its_standard_error()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, SelectionFunctions.GradientNorm, 4, 4, new ImportanceSampling());
        const int steps = 2000;
        double sum = 0;
        Batch batch = data.Gather(data.Ids);
        for (int step = 0; step < steps; step++)
        {
            using IDisposable scope = NewDisposeScope();
            SelectedBatch selected = selector.Select(batch);
            sum += Examples.Values(selected.Weights!)
                .Zip(Examples.Longs(selected.Positions), (w, p) => w * FourCandidates.Loss[p]).Average();
        }
        // One draw X = CE_i / (4 p_i) has E[X²] = Σ CE_i² / (16 p_i); 4 · 2000 independent draws give the standard error; five of them.
        double[] p = [.. FourCandidates.GradientNorm.Select(g => g / FourCandidates.GradientNorm.Sum())];
        double mean = FourCandidates.Loss.Average();
        double variance = p.Select((pi, i) => FourCandidates.Loss[i] * FourCandidates.Loss[i] / (16 * pi)).Sum() - mean * mean;
        (sum / steps).ShouldBe(mean, 5 * Math.Sqrt(variance / (4 * steps)));
    }

    [Fact]
    public void Candidates_are_drawn_with_replacement_in_proportion_to_their_scores()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 4, 4, new ImportanceSampling());
        var drawn = new int[4];
        bool twice = false;
        for (int step = 0; step < 1000; step++)
        {
            using IDisposable scope = NewDisposeScope();
            long[] positions = Examples.Longs(selector.Select(Scored(1, 2, 0, 1)).Positions);
            positions.Length.ShouldBe(4);
            twice |= positions.Distinct().Count() < 4;
            foreach (long p in positions) { drawn[p]++; }
        }
        twice.ShouldBeTrue();
        drawn[2].ShouldBe(0);   // probability 0
        // 4000 draws: p = 1/4, 1/2, 1/4 give 1000 ± 27.4, 2000 ± 31.6, 1000 ± 27.4; five deviations.
        ((double)drawn[0]).ShouldBe(1000, tolerance: 137);
        ((double)drawn[1]).ShouldBe(2000, tolerance: 158);
        ((double)drawn[3]).ShouldBe(1000, tolerance: 137);
    }

    [Fact]
    public void When_all_scores_are_zero_the_draw_is_uniform_and_every_weight_is_one()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 4, 4, new ImportanceSampling());
        var seen = new HashSet<long>();
        for (int step = 0; step < 30; step++)
        {
            SelectedBatch selected = selector.Select(Scored(0, 0, 0, 0));
            Examples.Values(selected.Weights!).ShouldBe([1, 1, 1, 1], tolerance: 1e-6);
            seen.UnionWith(Examples.Longs(selected.Positions));
        }
        seen.Count.ShouldBe(4);   // missing one of four in 120 uniform draws has probability 4 · 0.75^120 < 1e-14
    }

    [Fact]
    public void A_negative_score_is_refused()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 1, 3, new ImportanceSampling());
        Should.Throw<InvalidOperationException>(() => selector.Select(Scored(1, -1, 2))).Message.ShouldContain("not negative");
    }

    [Fact]
    public void A_score_that_is_not_finite_is_refused_here_too()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 1, 3, new ImportanceSampling());
        Should.Throw<NonFiniteScoreException>(() => selector.Select(Scored(1, float.NaN, 2))).ExampleIds.ShouldBe([101]);
    }

    [Fact]
    public void Tau_is_the_root_of_n_times_the_sum_of_squared_probabilities_smoothed()
    {
        using var check = new NoTensorLeaks();
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, FirstInput, 4, 4, new ImportanceSampling(Smoothing: 0.75));
        selector.VarianceReduction.ShouldBe(0);
        // p = 1/8, 1/4, 1/2, 1/8: Σ p² = (1 + 4 + 16 + 1)/64 = 22/64 and τ = √(4 · 22/64) = √1.375, of which one quarter enters.
        selector.Select(Scored(1, 2, 4, 1));
        selector.VarianceReduction.ShouldBe(0.25 * Math.Sqrt(1.375), 1e-6);
        // Equal scores have τ = √(4 · 4/16) = 1: nothing to gain.
        selector.Select(Scored(3, 3, 3, 3));
        selector.VarianceReduction.ShouldBe(0.75 * 0.25 * Math.Sqrt(1.375) + 0.25, 1e-6);
    }

    [Fact]
    public void With_the_switch_drawing_starts_uniform_scores_only_the_drawn_and_turns_on_when_tau_exceeds_the_threshold()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(8, 2);
        using var model = new LogitsModel();
        Tensor Peaked(Candidates c)
        {
            _ = c.Logits;   // a forward pass, to be counted
            return tensor(Enumerable.Range(0, c.Count).Select(i => i == 0 ? 1f : 0f).ToArray());
        }
        using BatchSelector selector = Selector(model, Peaked, 4, 8,
            new ImportanceSampling(OnlyWhenItPays: true, Threshold: 1.5, Smoothing: 0.5));

        SelectedBatch first = selector.Select(data, new LargeBatch(1, data.Ids));   // τ = 0: uniform
        first.Weights.ShouldBeNull();
        first.Candidates.Scores.ShouldBeNull();
        first.Candidates.Forwarded.ShouldBe(4);                  // only those drawn, to keep τ current
        Examples.Longs(first.Indices).Distinct().Count().ShouldBe(4);
        selector.VarianceReduction.ShouldBe(1, 1e-6);            // all weight on one of n = 4 scored: τ = √4 = 2, smoothed by one half

        selector.Select(data, new LargeBatch(1, data.Ids)).Weights.ShouldBeNull();  // 1 does not exceed 1.5
        selector.VarianceReduction.ShouldBe(1.5, 1e-6);          // (1 + 2)/2
        selector.Select(data, new LargeBatch(1, data.Ids)).Weights.ShouldBeNull();  // neither does 1.5
        selector.VarianceReduction.ShouldBe(1.75, 1e-6);

        SelectedBatch fourth = selector.Select(data, new LargeBatch(1, data.Ids));  // 1.75 does: by importance from all 8
        Examples.Longs(fourth.Positions).ShouldBe([0, 0, 0, 0]);
        Examples.Values(fourth.Weights!).ShouldBe([0.125, 0.125, 0.125, 0.125], tolerance: 1e-6);   // 1 / (8 · 1)
        fourth.Candidates.Forwarded.ShouldBe(8);
        model.Forwards.ShouldBe([4, 4, 4, 8]);
    }

    // (n_B + 3 n_b) / (3 n_b), Katharopoulos and Fleuret (2018), Eq. 26: (30 + 9) / 9 = 13/3 = 4.33.
    [Theory]
    [InlineData(4.32, false)]
    [InlineData(4.34, true)]
    public void Without_a_threshold_the_switch_is_where_scoring_pays_for_itself(double tau, bool weighted)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(30, 2);
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, SelectionFunctions.GradientNorm, 3, 30,
            new ImportanceSampling(OnlyWhenItPays: true));
        var state = new Dictionary<string, Tensor>();
        selector.Capture(state);
        state["variance-reduction"] = tensor(tau, dtype: float64);
        selector.Restore(name => state[name]);
        selector.VarianceReduction.ShouldBe(tau);
        (selector.Select(data, new LargeBatch(1, data.Ids)).Weights is not null).ShouldBe(weighted);
    }

    [Fact]
    public void The_state_holds_tau()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(30, 2);
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, SelectionFunctions.GradientNorm, 3, 30, new ImportanceSampling());
        using BatchSelector resumed = Selector(model, SelectionFunctions.GradientNorm, 3, 30, new ImportanceSampling());
        selector.Select(data, new LargeBatch(1, data.Ids));
        var state = new Dictionary<string, Tensor>();
        selector.Capture(state);
        resumed.Restore(name => state[name]);
        resumed.VarianceReduction.ShouldBe(selector.VarianceReduction);
        for (int i = 2; i <= 4; i++)
        {
            Examples.Longs(resumed.Select(data, new LargeBatch(i, data.Ids)).Positions)
                .ShouldBe(Examples.Longs(selector.Select(data, new LargeBatch(i, data.Ids)).Positions));
            resumed.VarianceReduction.ShouldBe(selector.VarianceReduction);
        }
    }
}
