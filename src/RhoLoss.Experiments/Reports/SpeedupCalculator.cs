using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Reports;

/// <summary>How much sooner a method reaches a value of a metric than the baseline. Not reached is null, never a large number.</summary>
public static class SpeedupCalculator
{
    /// <summary>First epoch, counted from 1, that is at least as good as the target; null if there is none.</summary>
    public static int? EpochsToTarget(IReadOnlyList<double> metricByEpoch, double target, Metric metric)
    {
        for (int epoch = 0; epoch < metricByEpoch.Count; epoch++)
        {
            if (metric.Reaches(metricByEpoch[epoch], target)) { return epoch + 1; }
        }
        return null;
    }

    /// <summary>Wall time until the end of the first epoch that is at least as good as the target; null if there is none.</summary>
    /// <param name="metricByEpoch">The metric on the test set after each epoch.</param>
    /// <param name="secondsByEpoch">Seconds from the start of training to the end of each epoch.</param>
    /// <param name="target">Value to reach.</param>
    /// <param name="metric">Which values are better.</param>
    public static double? SecondsToTarget(
        IReadOnlyList<double> metricByEpoch, IReadOnlyList<double> secondsByEpoch, double target, Metric metric)
    {
        if (metricByEpoch.Count != secondsByEpoch.Count)
        {
            throw new ArgumentException(
                $"There must be one time an epoch ({metricByEpoch.Count}), but there are {secondsByEpoch.Count}.",
                nameof(secondsByEpoch));
        }
        return EpochsToTarget(metricByEpoch, target, metric) is { } epoch ? secondsByEpoch[epoch - 1] : null;
    }

    /// <summary>
    /// The value each seed has to reach: the fixed target where there is one, else the best the baseline had with that seed.
    /// </summary>
    /// <param name="baselineBySeed">The baseline's metric after each epoch, by seed.</param>
    /// <param name="metric">Which values are better.</param>
    /// <param name="fixedTarget">As <see cref="Recipes.Recipe.Target"/>; null for the baseline's best.</param>
    public static IReadOnlyDictionary<long, double> Targets(
        IReadOnlyDictionary<long, IReadOnlyList<double>> baselineBySeed, Metric metric, double? fixedTarget) =>
        baselineBySeed.ToDictionary(seed => seed.Key, seed => fixedTarget ?? metric.Best(seed.Value));

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

        return new SpeedupSummary(
            Ratio(slow, fast, arm => arm.EpochsToTarget),
            Ratio(slow, fast, arm => arm.SecondsToTarget),
            Ratio(slow, fast, arm => arm.SecondsToTarget + SecondsBefore(arm, irreducibleLossSeconds)),
            baseline, method);

        List<ArmSummary> Of(string name) =>
            [.. all.Where(arm => string.Equals(arm.Method, name, StringComparison.Ordinal)).OrderBy(arm => arm.Seed)];
    }

    /// <summary>Seconds that an arm took before its first step, budgeted or not: irreducible losses, a plan, svp's proxy.</summary>
    internal static double SecondsBefore(ArmSummary arm, double irreducibleLossSeconds) =>
        arm.PreparationSeconds + (RecipeArm.Parse(arm.Method).Method.NeedsIrreducibleLosses ? irreducibleLossSeconds : 0);

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
