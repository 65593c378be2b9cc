using RhoLoss.Experiments.Store;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Reports;

/// <summary>The claim of a comparison: how many times sooner an arm is as good as a baseline is at its end.</summary>
public static class HeadlineCalculator
{
    /// <summary>
    /// For each seed, both arms are counted to the first time at which they are as good as the baseline is at its end, with irreducible
    /// losses, plans and svp's proxy in full. The interval is Student's t over the logarithms of the seeds' ratios.
    /// </summary>
    /// <param name="arms">The arms of the comparison; others than the two are ignored.</param>
    /// <param name="metric">What they are judged by.</param>
    /// <param name="baseline">The arm to compare with.</param>
    /// <param name="arm">The arm to judge.</param>
    /// <param name="irreducibleLossSeconds">As of <see cref="SpeedupCalculator.Compare"/>.</param>
    /// <returns>Null where the arm did not get there with every seed, so that there is no claim.</returns>
    public static HeadlineSummary? Compare(
        IReadOnlyList<ArmSummary> arms, Metric metric, string baseline, string arm, double irreducibleLossSeconds)
    {
        ArgumentNullException.ThrowIfNull(arms);
        double? Taken(ArmSummary of, double target) =>
            SpeedupCalculator.SecondsToTarget(of.MetricByEpoch, of.SecondsByEpoch!, target, metric)
            + SpeedupCalculator.SecondsBefore(of, irreducibleLossSeconds);
        var logarithms = new List<double>();
        foreach (ArmSummary slow in arms.Where(of => of.Method == baseline))
        {
            ArmSummary fast = arms.Single(of => of.Method == arm && of.Seed == slow.Seed);
            if (Taken(slow, slow.FinalMetric) / Taken(fast, slow.FinalMetric) is not { } ratio || !(ratio > 0 && double.IsFinite(ratio)))
            {
                return null;
            }
            logarithms.Add(Math.Log(ratio));
        }
        if (logarithms.Count == 0) { return null; }
        double mean = logarithms.Average();
        double? half = SpeedupCalculator.SampleStandardDeviation(logarithms) is { } deviation
            ? StudentT.Quantile(0.975, logarithms.Count - 1) * deviation / Math.Sqrt(logarithms.Count)
            : null;
        return new HeadlineSummary(
            baseline, arm, Math.Exp(mean), Exp(mean - half), Exp(mean + half), logarithms.Count);

        static double? Exp(double? logarithm) => logarithm is { } known ? Math.Exp(known) : null;
    }
}
