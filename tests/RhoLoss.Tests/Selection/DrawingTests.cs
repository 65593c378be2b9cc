using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

public sealed class DrawingTests
{
    private const int Draws = 3000;

    /// <summary>How often each candidate is chosen, of <see cref="Draws"/> selections of k = <paramref name="batchSize"/>.</summary>
    private static int[] Counts(double[] scores, int batchSize, Drawing drawing, long seed = 3)
    {
        using LabeledDataset data = Examples.OfCount(scores.Length, 2);
        using var model = new LogitsModel();
        using BatchSelector selector = Selector(model, scores, batchSize, drawing, seed);
        var counts = new int[scores.Length];
        for (int i = 0; i < Draws; i++)
        {
            using IDisposable scope = NewDisposeScope();
            SelectedBatch selected = selector.Select(data.Gather(data.Ids));
            long[] ids = Examples.Longs(selected.Indices);
            ids.Distinct().Count().ShouldBe(batchSize, "without replacement");
            selected.Weights.ShouldBeNull();
            foreach (long id in ids) { counts[id]++; }
        }
        return counts;
    }

    private static BatchSelector Selector(LogitsModel model, double[] scores, int batchSize, Drawing drawing, long seed) =>
        new(model, c => tensor(scores, dtype: float32).index_select(0, c.Indices), null, batchSize, new BatchSelectorOptions
        {
            LargeBatchSize = scores.Length,
            Drawing = drawing,
            Seed = seed,
        });

    /// <summary>
    /// P(i among k) of drawing one after another in proportion to the weights of what is left, by enumeration of all orders.
    /// </summary>
    private static double Inclusion(double[] weights, int k, int i)
    {
        double Rest(HashSet<int> taken)
        {
            if (taken.Contains(i)) { return 1; }
            if (taken.Count == k) { return 0; }
            double left = weights.Where((_, j) => !taken.Contains(j)).Sum();
            return Enumerable.Range(0, weights.Length).Where(j => !taken.Contains(j)).Sum(j => weights[j] / left * Rest([.. taken, j]));
        }
        return Rest([]);
    }

    /// <summary>Within five standard deviations of a binomial count.</summary>
    private static void ShouldBeFrequencies(int[] counts, double[] probabilities)
    {
        for (int i = 0; i < counts.Length; i++)
        {
            double p = probabilities[i];
            ((double)counts[i]).ShouldBe(Draws * p, tolerance: 5 * Math.Sqrt(Draws * p * (1 - p)) + 1e-9, $"candidate {i}");
        }
    }

    public static TheoryData<double[], double, double[]> FirstDraws => new()
    {
        { [1, 2, 5], 1, [1.0 / 8, 2.0 / 8, 5.0 / 8] },
        { [1, 2, 5], 2, [1.0 / 30, 4.0 / 30, 25.0 / 30] },
        { [1, 2, 5], 0, [1.0 / 3, 1.0 / 3, 1.0 / 3] },
        { [1, 2, 5], 400, [0, 0, 1] },   // 2.5^400: the largest
        { [1e-6, 2e-6, 5e-6], 1, [1.0 / 8, 2.0 / 8, 5.0 / 8] },   // only ratios count
    };

    [Theory]
    [MemberData(nameof(FirstDraws))]
    public void One_candidate_is_drawn_in_proportion_to_a_power_of_its_score(double[] scores, double exponent, double[] probabilities)
    {
        using var check = new NoTensorLeaks();
        ShouldBeFrequencies(Counts(scores, 1, new ProportionalSampling(exponent)), probabilities);
    }

    [Fact]
    public void Two_candidates_are_drawn_with_the_exact_inclusion_probabilities_of_successive_draws()
    {
        using var check = new NoTensorLeaks();
        double[] weights = [1, 2, 5];
        double[] exact = [Inclusion(weights, 2, 0), Inclusion(weights, 2, 1), Inclusion(weights, 2, 2)];
        exact[0].ShouldBe(1.0 / 8 + 2.0 / 8 * (1.0 / 6) + 5.0 / 8 * (1.0 / 3), 1e-12);   // first, or after 2, or after 5
        exact.Sum().ShouldBe(2, 1e-12);
        ShouldBeFrequencies(Counts(weights, 2, new ProportionalSampling()), exact);
    }

    [Fact]
    public void Candidates_with_score_zero_come_last_but_come()
    {
        using var check = new NoTensorLeaks();
        Counts([0, 3, 0, 1], 2, new ProportionalSampling()).ShouldBe([0, Draws, 0, Draws]);
        int[] three = Counts([0, 3, 0, 1], 3, new ProportionalSampling());
        (three[1], three[3], three[0] + three[2]).ShouldBe((Draws, Draws, Draws));
        ShouldBeFrequencies(three, [0.5, 1, 0.5, 1]);
    }

    [Fact]
    public void Scores_that_are_all_zero_are_drawn_uniformly()
    {
        using var check = new NoTensorLeaks();
        ShouldBeFrequencies(Counts([0, 0, 0], 1, new ProportionalSampling()), [1.0 / 3, 1.0 / 3, 1.0 / 3]);
    }

    [Fact]
    public void A_negative_score_cannot_be_drawn_in_proportion()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidOperationException>(() => Counts([0.5, -1e-3, 1], 1, new ProportionalSampling())).Message
            .ShouldBe("ProportionalSampling needs scores that are not negative, but the selection function gave a negative one.");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_exponent_out_of_range_is_refused(double exponent) =>
        Should.Throw<ArgumentException>(() => Counts([1, 2], 1, new ProportionalSampling(exponent))).Message
            .ShouldStartWith("ProportionalSampling.Exponent must be a number of at least 0, but was ");

    // The scores −2, 0.3, 7 have percentiles (0 + ½)/3 = 1/6, 3/6, 5/6, whatever their size.
    public static TheoryData<double?, double[]> Powers => new()
    {
        { null, [9.0 / 35, 1.0 / 35, 25.0 / 35] },   // n_B / n_b − 1 = 2
        { 2, [9.0 / 35, 1.0 / 35, 25.0 / 35] },
        { 1, [3.0 / 9, 1.0 / 9, 5.0 / 9] },
        { 0, [1.0 / 3, 1.0 / 3, 1.0 / 3] },
    };

    [Theory]
    [MemberData(nameof(Powers))]
    public void The_first_draw_is_in_proportion_to_a_power_of_the_percentile(double? power, double[] probabilities)
    {
        using var check = new NoTensorLeaks();
        ShouldBeFrequencies(Counts([0.3, -2, 7], 1, new PercentileSampling(power)), probabilities);
    }

    [Fact]
    public void Two_by_percentile_have_the_exact_inclusion_probabilities_of_successive_draws()
    {
        using var check = new NoTensorLeaks();
        double[] weights = [3, 1, 5];   // n_B / n_b − 1 = ½ is not asked for: power 1
        ShouldBeFrequencies(Counts([0.3, -2, 7], 2, new PercentileSampling(1)),
            [Inclusion(weights, 2, 0), Inclusion(weights, 2, 1), Inclusion(weights, 2, 2)]);
    }

    [Fact]
    public void Of_equal_scores_the_earlier_position_has_the_higher_percentile()
    {
        using var check = new NoTensorLeaks();
        ShouldBeFrequencies(Counts([1, 1, 1], 1, new PercentileSampling()), [25.0 / 35, 9.0 / 35, 1.0 / 35]);
    }

    [Fact]
    public void The_power_is_one_when_half_is_kept()
    {
        using var check = new NoTensorLeaks();
        double[] scores = [0.3, -2, 7, 1];
        Counts(scores, 2, new PercentileSampling()).ShouldBe(Counts(scores, 2, new PercentileSampling(1)));
        Counts(scores, 2, new PercentileSampling()).ShouldNotBe(Counts(scores, 2, new PercentileSampling(2)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void When_all_are_kept_all_are_kept(bool percentile)
    {
        using var check = new NoTensorLeaks();
        Counts([3, 1, 2, 5], 4, percentile ? new PercentileSampling() : new ProportionalSampling()).ShouldBe([Draws, Draws, Draws, Draws]);
    }

    [Fact]
    public void A_negative_power_is_refused() =>
        Should.Throw<ArgumentException>(() => Counts([1, 2], 1, new PercentileSampling(-0.5))).Message
            .ShouldBe("PercentileSampling.Power must be at least 0, but was -0.5.");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_draw_is_a_function_of_its_seed(bool percentile)
    {
        using var check = new NoTensorLeaks();
        Drawing drawing = percentile ? new PercentileSampling() : new ProportionalSampling();
        using LabeledDataset data = Examples.OfCount(40, 2);
        using var model = new LogitsModel();
        double[] scores = [.. Enumerable.Range(1, 40).Select(i => (double)i)];
        string Selections(long seed)
        {
            using BatchSelector selector = Selector(model, scores, 8, drawing, seed);
            return string.Join(' ', Enumerable.Range(0, 5).SelectMany(_ => Examples.Longs(selector.Select(data.Gather(data.Ids)).Indices)));
        }
        Selections(5).ShouldBe(Selections(5));
        Selections(6).ShouldNotBe(Selections(5));
    }
}
