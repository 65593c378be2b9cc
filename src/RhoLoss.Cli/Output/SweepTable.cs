using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Running;
using RhoLoss.Experiments.Runs;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>A sweep as a table: one row a point and method, mean ± sample standard deviation over seeds.</summary>
internal static class SweepTable
{
    public static void Write(TextWriter output, SweepSummary summary, IReadOnlyList<Recipe> recipes, string folder)
    {
        List<string[]> rows =
        [
            [.. summary.Over.Select(key => key.Key), "method", "final %", "best %", "epochs to target", "s to target", "seconds"],
        ];
        foreach (SweepPoint point in summary.Points)
        {
            foreach (IGrouping<string, ArmSummary> arms in point.Summary.Arms.GroupBy(arm => arm.Method, StringComparer.Ordinal))
            {
                bool countsEpochs = recipes.All(recipe => recipe.Training.CountsEpochs);
                rows.Add(
                [
                    .. point.Settings.Select(setting => setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]),
                    arms.Key,
                    ComparisonTable.Percent(arms.Select(arm => arm.FinalAccuracy)),
                    ComparisonTable.Percent(arms.Select(arm => arm.BestAccuracy)),
                    countsEpochs ? ComparisonTable.Mean(arms.Select(arm => (double?)arm.EpochsToTarget), "0.0") : "-",
                    ComparisonTable.Mean(arms.Select(arm => arm.SecondsToTarget), "0.0"),
                    Invariant($"{arms.Average(arm => arm.Seconds):0.0}"),
                ]);
            }
        }
        output.WriteLine();
        ComparisonTable.WriteColumns(output, rows);
        output.WriteLine();
        output.WriteLine(
            Invariant($"{Counted.Of(summary.Points.Count, "point")}; mean ± standard deviation over seeds; target: ")
            + Invariant($"{Target(recipes[0])}; NR: not reached."));
        string[] files =
        [
            .. recipes.Where(recipe => Arm.NeedIrreducibleLosses(recipe.Training.Methods))
                .Select(IrreducibleLossFile.GroupOf).Distinct(),
        ];
        if (files.Length > 0)
        {
            string counted = Counted.Of(
                files.Length, "file for all points", "files, one for each set of data and irreducible-loss settings");
            output.WriteLine(Invariant($"irreducible losses: {counted}."));
        }
        output.WriteLine($"written to {folder}");
    }

    private static string Target(Recipe recipe) =>
        recipe.Report.TargetAccuracy > 0
            ? Invariant($"{100 * recipe.Report.TargetAccuracy:0.0} % test accuracy")
            : $"the best accuracy of {recipe.Report.Baseline} with the same seed at the same point";
}
