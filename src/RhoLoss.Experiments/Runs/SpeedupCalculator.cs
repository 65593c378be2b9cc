using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Runs;

/// <summary>How much sooner a method reaches an accuracy than the baseline. Not reached is null, never a large number.</summary>
public static class SpeedupCalculator
{
    /// <summary>First epoch, counted from 1, whose accuracy is at least the target; null if there is none.</summary>
    public static int? EpochsToTarget(IReadOnlyList<double> accuracyByEpoch, double target)
    {
        for (int epoch = 0; epoch < accuracyByEpoch.Count; epoch++)
        {
            if (accuracyByEpoch[epoch] >= target) { return epoch + 1; }
        }
        return null;
    }

    /// <summary>Wall time until the end of the first epoch at or above the target; null if there is none.</summary>
    /// <param name="accuracyByEpoch">Test accuracy after each epoch.</param>
    /// <param name="secondsByEpoch">Seconds from the start of training to the end of each epoch.</param>
    /// <param name="target">Accuracy to reach.</param>
    public static double? SecondsToTarget(IReadOnlyList<double> accuracyByEpoch, IReadOnlyList<double> secondsByEpoch, double target)
    {
        if (accuracyByEpoch.Count != secondsByEpoch.Count)
        {
            throw new ArgumentException(
                $"There must be one time an epoch ({accuracyByEpoch.Count}), but there are {secondsByEpoch.Count}.",
                nameof(secondsByEpoch));
        }
        return EpochsToTarget(accuracyByEpoch, target) is { } epoch ? secondsByEpoch[epoch - 1] : null;
    }

    /// <summary>
    /// The accuracy each seed has to reach: the fixed target when it is above 0, else the best the baseline had with that seed.
    /// </summary>
    /// <param name="baselineAccuracyBySeed">The baseline's accuracy after each epoch, by seed.</param>
    /// <param name="fixedTarget">A share between 0 and 1, as <c>report.target-accuracy</c>; 0 for the baseline's best.</param>
    public static IReadOnlyDictionary<long, double> Targets(
        IReadOnlyDictionary<long, IReadOnlyList<double>> baselineAccuracyBySeed, double fixedTarget) =>
        baselineAccuracyBySeed.ToDictionary(seed => seed.Key, seed => fixedTarget > 0 ? fixedTarget : seed.Value.Max());

    /// <summary>
    /// Ratios of the baseline's mean to the method's mean over the same seeds. The means are divided, not the ratios averaged:
    /// the mean of ratios exceeds 1 even for two arms that differ by chance alone. One seed that missed the target makes the ratio null.
    /// </summary>
    /// <param name="arms">The arms of the comparison; others than the two methods' are ignored.</param>
    /// <param name="baseline">Method compared with.</param>
    /// <param name="method">Method to judge.</param>
    /// <param name="irreducibleLossSeconds">Seconds the holdout model took, added in full to each run of a method that needs it.</param>
    /// <exception cref="ArgumentException">The two methods were not run with the same seeds.</exception>
    public static SpeedupSummary Compare(IEnumerable<ArmSummary> arms, string baseline, string method, double irreducibleLossSeconds)
    {
        var all = arms.ToList();
        List<ArmSummary> slow = Of(baseline);
        List<ArmSummary> fast = Of(method);
        if (slow.Count == 0 || !slow.Select(arm => arm.Seed).SequenceEqual(fast.Select(arm => arm.Seed)))
        {
            throw new ArgumentException($"{method} and {baseline} must have run with the same seeds.", nameof(arms));
        }

        double LossSeconds(ArmSummary arm) => RecipeArm.Parse(arm.Method).Method.NeedsIrreducibleLosses ? irreducibleLossSeconds : 0;
        return new SpeedupSummary(
            Ratio(slow, fast, arm => arm.EpochsToTarget),
            Ratio(slow, fast, arm => arm.SecondsToTarget),
            Ratio(slow, fast, arm => arm.SecondsToTarget + arm.PreparationSeconds + LossSeconds(arm)),
            baseline, method);

        List<ArmSummary> Of(string name) =>
            [.. all.Where(arm => string.Equals(arm.Method, name, StringComparison.Ordinal)).OrderBy(arm => arm.Seed)];
    }

    /// <summary>
    /// Standard deviation of a sample, with n − 1; null for fewer than two values, where spread is unknown rather than 0.
    /// </summary>
    public static double? SampleStandardDeviation(IReadOnlyCollection<double> values)
    {
        if (values.Count < 2) { return null; }
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
    }

    private static double? Ratio(List<ArmSummary> slow, List<ArmSummary> fast, Func<ArmSummary, double?> cost)
    {
        if (slow.Concat(fast).Any(arm => cost(arm) is null)) { return null; }
        double denominator = fast.Average(arm => cost(arm)!.Value);
        return denominator > 0 ? slow.Average(arm => cost(arm)!.Value) / denominator : null;
    }
}
