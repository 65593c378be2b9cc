using RhoLoss.Data;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection.Gate;

/// <summary>On <see cref="FourCandidates"/>: p_IL = ¼, ½, 0.2, 0.1 and 1 − p_t = ½, ¾, 0.2, 0.9.</summary>
public sealed class WindowUsefulnessTests
{
    [Theory]
    // p_IL · (1 − p_t) = 0.125, 0.375, 0.04, 0.09, mean 0.1575;
    // with η = 0.1, 1 − η/p_IL = 0.6, 0.8, 0.5, 0, times 1 − p_t: 0.3, 0.6, 0.1, 0, mean 0.25.
    [InlineData(0.1, new long[] { 1 }, 0.375 / 0.1575)]               // of 2.38 and 2.4 the smaller
    [InlineData(0.1, new long[] { 0 }, 0.125 / 0.1575)]               // of 0.79 and 1.2
    [InlineData(0.1, new long[] { 3 }, 0)]                            // a label no more probable than the floor is taken to be wrong
    // With η = 0.05: 0.8, 0.9, 0.75, 0.5, times 1 − p_t: 0.4, 0.675, 0.15, 0.45, mean 0.41875.
    [InlineData(0.05, new long[] { 1 }, 0.675 / 0.41875)]             // 1.61 instead of 2.38
    [InlineData(0.05, new long[] { 0, 1, 2, 3 }, 1)]
    public void Is_the_more_cautious_of_two_readings(double floor, long[] chosen, double expected)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = FourCandidates.Data();
        using IrreducibleLosses table = FourCandidates.Table(data);
        using var model = new LogitsModel();
        double usefulness = double.NaN;
        Tensor Capture(Candidates candidates)
        {
            usefulness = new WindowUsefulness(candidates, floor).Of(tensor(chosen));
            return candidates.Random();
        }
        using var selector = new BatchSelector(model, Capture, table, 4, FourCandidates.All());
        _ = selector.Select(data, new LargeBatch(1, data.Ids));
        usefulness.ShouldBe(expected, 1e-5);
    }

    /// <summary>
    /// p_IL = 0.9, 0.9, 0.05, 0.05 and 1 − p_t = 0.1, 0.5, 0.9, 0.9, η = 0.04: the last two labels are most likely wrong, and that is
    /// why they are not learnt. Of the first two, right labels that are not learnt are 1.23 times the mean, (0.0956 + 0.4778)/2 over
    /// 0.2333; but right labels are 1.65 times, 0.9556 over 0.5778, and plausible ones 1.71 times, 0.27 over 0.1575.
    /// </summary>
    [Fact]
    public void Keeping_wrong_labels_away_counts_when_what_is_right_is_learnt()
    {
        using var check = new NoTensorLeaks();
        double[] target = [0.9, 0.5, 0.1, 0.1], irreducible = [0.9, 0.9, 0.05, 0.05];
        Tensor logits = stack([tensor(target.Select(p => (float)Math.Log(p / (1 - p))).ToArray()), zeros(4)], 1);
        using LabeledDataset data = new(logits, zeros(4, dtype: int64), 2);
        using IrreducibleLosses table = IrreducibleLosses.From(tensor(irreducible.Select(p => (float)-Math.Log(p)).ToArray()), data,
            FourCandidates.Facts);
        using var model = new LogitsModel();
        double usefulness = double.NaN;
        using var selector = new BatchSelector(model, candidates =>
        {
            usefulness = new WindowUsefulness(candidates, floor: 0.04).Of(tensor([0L, 1L]));
            return candidates.Random();
        }, table, 4, FourCandidates.All());
        _ = selector.Select(data, new LargeBatch(1, data.Ids));
        usefulness.ShouldBe((1 - 0.04 / 0.9) / ((1 - 0.04 / 0.9 + 0.2) / 2), 1e-5);
    }

    [Fact]
    public void The_floor_is_a_low_quantile_of_the_probabilities_but_at_most_chance()
    {
        using var check = new NoTensorLeaks();
        // p = 0.01, 0.02, … 1.00
        Tensor losses = -(arange(1, 101, dtype: float32) / 100).log();
        WindowUsefulness.Floor(losses, classes: 2).ShouldBe(0.06, 1e-6);       // the 95th smallest of 100 losses
        WindowUsefulness.Floor(losses, classes: 100).ShouldBe(0.01, 1e-9);     // 1/K
        WindowUsefulness.Floor(tensor([0.5f]), classes: 2).ShouldBe(0.5, 1e-9);
    }

    /// <summary>
    /// Labels drawn anew with probability 0.4 over ten classes: a label keeps its place with the probability that the formula gives.
    /// </summary>
    [Fact]
    public void The_share_of_labels_that_stayed_is_that_of_a_calibrated_model()
    {
        using var check = new NoTensorLeaks();
        const double Noise = 0.4, Floor = Noise / 10;
        // At x the true class is y with probability 0.3; the observed label is y with 0.6 · 0.3 + 0.04 = 0.22.
        const double True = 0.3, Observed = (1 - Noise) * True + Floor;
        var generator = new Generator(5, CPU);
        Tensor classIsY = rand(400_000, generator: generator) < True, drawn = rand(400_000, generator: generator) < Noise;
        Tensor labelIsY = where(drawn, rand(400_000, generator: generator) < 0.1, classIsY);
        double stayed = (labelIsY & drawn.logical_not()).sum().ToDouble() / labelIsY.sum().ToDouble();
        stayed.ShouldBe(1 - Floor / Observed, 0.005);
    }
}
