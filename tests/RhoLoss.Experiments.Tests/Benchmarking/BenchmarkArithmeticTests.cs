using System.Runtime.InteropServices;
using RhoLoss.Experiments.Benchmarking;
using RhoLoss.Experiments.Reports;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Benchmarking;

public sealed class BenchmarkArithmeticTests
{
    [Fact]
    public void Spearmans_correlation_compares_ranks_and_shares_those_of_equals()
    {
        SpearmanCorrelation.Of([1, 2, 3], [10, 100, 1000]).ShouldBe(1, 1e-12);
        SpearmanCorrelation.Of([1, 2, 3], [3, 2, 1]).ShouldBe(-1, 1e-12);
        // Ranks 0 1 2 3 and 0 1.5 1.5 3: covariance 4.5 over √(5 · 4.5), which is √0.9.
        SpearmanCorrelation.Of([1, 2, 3, 4], [5, 6, 6, 7]).ShouldBe(Math.Sqrt(0.9), 1e-12);
        Should.Throw<ArgumentException>(() => SpearmanCorrelation.Of([1, 2], [1]));
    }

    [Fact]
    public void A_ratio_is_the_median_of_those_within_a_round()
    {
        // Round 0 is not counted. A takes 1, 2, 9 and B 1, 1, 3: ratios 1, 2 and 3,
        // while the medians' ratio is 2 as well but the means' is 2.4.
        var turns = new Turns();
        Queue<double> a = new([50, 1, 2, 9]), b = new([7, 1, 1, 3]);
        turns.Add("a", () => new Turn(a.Dequeue()));
        turns.Add("b", () => new Turn(b.Dequeue()));
        turns.Run(3, _ => { }, CancellationToken.None);

        turns.Ratio("a", "b").ShouldBe(2);
        turns.Seconds("a").ShouldBe(2);
        turns.Each(t => t("a").Seconds / t("b").Seconds).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void A_turn_of_TorchSharps_that_LibTorch_threw_in_is_taken_again_twice_at_most()
    {
        var turns = new Turns();
        Queue<double?> seconds = new([7, null, 5, null, null, 3]);   // null: LibTorch throws
        turns.AddAnothers("a", () => new Turn(seconds.Dequeue() ?? ThrowByLibTorch()));
        turns.Run(2, _ => { }, CancellationToken.None);
        turns.Each(t => t("a").Seconds).ShouldBe([5, 3]);

        var never = new Turns();
        int taken = 0;
        never.AddAnothers("a", () => new Turn(++taken + ThrowByLibTorch()));
        Should.Throw<ExternalException>(() => never.Run(1, _ => { }, CancellationToken.None))
            .Message.ShouldContain("shape '[3]' is invalid");
        taken.ShouldBe(3);
    }

    private static double ThrowByLibTorch()
    {
        using IDisposable scope = NewDisposeScope();
        return ones(2).reshape(3)[0].item<float>();
    }

    [Theory]
    [InlineData(1.3, 1.2, 1.5, "proxy")]       // a plan costs 1.5 with its making
    [InlineData(1.3, 1.4, 1.2, "plan")]
    [InlineData(1.3, 1.4, 1.35, "target")]
    [InlineData(2.1, 2.2, 2.3, "uniform")]     // none is worth it
    public void The_cheapest_scorer_is_recommended_unless_it_costs_more_than_it_saves(
        double target, double proxy, double plan, string expected)
    {
        ScorerRow Row(string name, double cost, double? withPlan = null, string precision = "bfloat16") =>
            new(name, "bfloat16", 0, 1, cost, null, precision, 320, cost, cost, cost, withPlan);
        Recommendation.Of(
            [
                Row("target", target), Row("proxy", proxy), Row("plan", 1.0, plan), Row("cascade", 0.5, precision: "float32"),
                Row("last-seen", 1.05),
            ],
            "bfloat16")
            .ShouldBe(expected);
    }
}
