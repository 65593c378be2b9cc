using CsCheck;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Tests.Runs;

public sealed class SpeedupCalculatorTests
{
    private static readonly Metric Accuracy = Metric.Named(Metric.Accuracy), Bits = Metric.Named(Metric.BitsPerByte);

    [Theory]
    [InlineData(0.80, 1)]
    [InlineData(0.81, 3)]
    [InlineData(0.86, 3)]
    [InlineData(0.87, null)]
    public void Epochs_are_counted_from_1_to_the_first_at_or_above_the_target(double target, int? epoch) =>
        SpeedupCalculator.EpochsToTarget([0.80, 0.79, 0.86, 0.84], target, Accuracy).ShouldBe(epoch);

    [Theory]
    [InlineData(2.0, 1)]
    [InlineData(1.9, 3)]
    [InlineData(1.7, null)]
    public void Where_lower_is_better_the_first_at_or_below_the_target_counts(double target, int? epoch)
    {
        SpeedupCalculator.EpochsToTarget([2.0, 2.1, 1.8, 1.9], target, Bits).ShouldBe(epoch);
        SpeedupCalculator.SecondsToTarget([2.0, 2.1, 1.8, 1.9], [1, 2, 3, 4], target, Bits).ShouldBe(epoch);
    }

    [Fact]
    public void Seconds_are_those_at_the_end_of_that_epoch()
    {
        SpeedupCalculator.SecondsToTarget([0.5, 0.7, 0.6], [1.5, 3.5, 5.0], 0.7, Accuracy).ShouldBe(3.5);
        SpeedupCalculator.SecondsToTarget([0.5, 0.7, 0.6], [1.5, 3.5, 5.0], 0.8, Accuracy).ShouldBeNull();
        Should.Throw<ArgumentException>(() => SpeedupCalculator.SecondsToTarget([0.5, 0.7], [1.5], 0.7, Accuracy));
    }

    [Fact]
    public void The_target_is_the_baselines_best_of_each_seed_unless_fixed()
    {
        var baseline = new Dictionary<long, IReadOnlyList<double>> { [0] = [0.7, 0.9, 0.8], [1] = [0.6, 0.65] };

        SpeedupCalculator.Targets(baseline, Accuracy, null)
            .ShouldBe(new Dictionary<long, double> { [0] = 0.9, [1] = 0.65 }, ignoreOrder: true);
        SpeedupCalculator.Targets(baseline, Bits, null).ShouldBe(new Dictionary<long, double> { [0] = 0.7, [1] = 0.6 }, ignoreOrder: true);
        SpeedupCalculator.Targets(baseline, Accuracy, 0.75).Values.ShouldBe([0.75, 0.75]);
    }

    [Fact]
    public void The_speedup_is_the_ratio_of_the_means_over_seeds()
    {
        // Epochs: (20 + 10)/2 = 15 against (4 + 2)/2 = 3 → 5. Seconds: (60 + 40)/2 = 50 against (30 + 10)/2 = 20 → 2.5.
        // With 5 s of holdout training for each run of rho-loss, and none for uniform: 50 / (20 + 5) = 2.
        SpeedupSummary speedup = SpeedupCalculator.Compare(
            [
                Arm("uniform", 0, 20, 60), Arm("uniform", 1, 10, 40), Arm("rho-loss", 1, 2, 10), Arm("rho-loss", 0, 4, 30),
                Arm("train-loss", 0, null, null),
            ],
            "uniform", "rho-loss", irreducibleLossSeconds: 5);

        speedup.ShouldBe(new SpeedupSummary(5, 2.5, 2, "uniform", "rho-loss"));
    }

    [Fact]
    public void A_method_without_holdout_model_does_not_pay_for_one() =>
        SpeedupCalculator.Compare([Arm("uniform", 0, 4, 8), Arm("train-loss", 0, 2, 4)], "uniform", "train-loss",
            irreducibleLossSeconds: 100).SecondsWithIrreducibleLoss
            .ShouldBe(2);

    [Fact]
    public void An_arm_pays_for_its_own_preparation() =>
        // 30 s against 8 s of training and 2 s of svp's proxy; the holdout model's 100 s are not svp's.
        SpeedupCalculator.Compare([Arm("uniform", 0, 4, 30), Arm("svp", 0, 2, 8) with { PreparationSeconds = 2 }], "uniform", "svp",
            irreducibleLossSeconds: 100)
            .ShouldBe(new SpeedupSummary(2, 3.75, 3, "uniform", "svp"));

    [Fact]
    public void One_seed_that_missed_the_target_leaves_no_speedup() =>
        SpeedupCalculator.Compare(
            [Arm("uniform", 0, 4, 8), Arm("uniform", 1, 4, 8), Arm("rho-loss", 0, 1, 1), Arm("rho-loss", 1, null, null)],
            "uniform",
            "rho-loss",
            0)
            .ShouldBe(new SpeedupSummary(null, null, null, "uniform", "rho-loss"));

    [Fact]
    public void Arms_with_other_seeds_are_not_compared()
    {
        Should.Throw<ArgumentException>(
            () => SpeedupCalculator.Compare([Arm("uniform", 0, 4, 8), Arm("rho-loss", 1, 1, 1)], "uniform", "rho-loss", 0));
        Should.Throw<ArgumentException>(() => SpeedupCalculator.Compare([], "uniform", "rho-loss", 0));
    }

    [Fact]
    public void The_spread_divides_by_n_minus_1()
    {
        // 2, 4, 9: mean 5, squared deviations 9 + 1 + 16 = 26, halved 13.
        SpeedupCalculator.SampleStandardDeviation([2, 4, 9])!.Value.ShouldBe(Math.Sqrt(13), 1e-12);
        SpeedupCalculator.SampleStandardDeviation([2]).ShouldBeNull();
    }

    [Fact]
    public void Swapping_the_two_methods_inverts_the_speedup() =>
        Gen.Select(Gen.Int[1, 100], Gen.Int[1, 100]).List[1, 5].Sample(epochs =>
        {
            var arms = epochs
                .SelectMany((pair, seed) => new[]
                {
                    Arm("uniform", seed, pair.Item1, pair.Item1),
                    Arm("train-loss", seed, pair.Item2, pair.Item2),
                })
                .ToList();
            var forth = SpeedupCalculator.Compare(arms, "uniform", "train-loss", 0).Epochs!.Value;
            var back = SpeedupCalculator.Compare(arms, "train-loss", "uniform", 0).Epochs!.Value;

            (forth * back).ShouldBe(1, 1e-12);
        });

    private static ArmSummary Arm(string method, long seed, int? epochsToTarget, double? secondsToTarget) =>
        new(method, seed, 20, 0, 0, 0, 0, 0, 0, 0, epochsToTarget, secondsToTarget, [], new SelectedSummary(null, null, null));
}
