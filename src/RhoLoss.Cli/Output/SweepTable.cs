using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Running;
using RhoLoss.Experiments.Runs;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>A sweep as a table: one row a point and method, mean ± sample standard deviation over seeds.</summary>
internal static class SweepTable
{
    public static void Write(TextWriter output, SweepSummary summary, IReadOnlyList<Recipe> recipes, string folder)
    {
        bool countsEpochs = recipes.All(recipe => recipe.Training.CountsEpochs);
        ComparisonTable.Column[] metrics =
            [.. ComparisonTable.MetricColumns(recipes[0].Metric, [.. summary.Points.SelectMany(point => point.Summary.Arms)])];
        List<IReadOnlyList<string>> rows =
        [
            [
                .. summary.Over.Select(key => key.Key), "method", .. metrics.Select(metric => metric.Head),
                "epochs to target", "s to target", "seconds",
            ],
        ];
        foreach (SweepPoint point in summary.Points)
        {
            foreach (IGrouping<string, ArmSummary> arms in point.Summary.Arms.GroupBy(arm => arm.Method, StringComparer.Ordinal))
            {
                rows.Add(
                [
                    .. point.Settings.Select(setting => setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]),
                    arms.Key,
                    .. metrics.Select(metric => metric.Cell([.. arms])),
                    countsEpochs ? Spread.Taken([.. arms.Select(arm => (double?)arm.EpochsToTarget)]) : Spread.None,
                    Spread.Taken([.. arms.Select(arm => arm.SecondsToTarget)]),
                    Spread.Mean(arms.Select(arm => arm.Seconds)),
                ]);
            }
        }
        output.WriteLine();
        ComparisonTable.Write(output, new ReportTable(summary.Recipe, rows));
        output.WriteLine();
        output.WriteLine(
            Invariant($"{Counted.Of(summary.Points.Count, "point")}; mean ± standard deviation over seeds; target: ")
            + Invariant($"{Target(recipes[0])}; NR: not reached."));
        string[] files =
        [
            .. recipes.Where(recipe => RecipeArm.NeedIrreducibleLosses(recipe.Training.Methods))
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
        recipe.Target is { } target
            ? $"{recipe.Metric.Format(target)} test {recipe.Metric.Words}"
            : $"the best {recipe.Metric.Words} of {recipe.Report.Baseline} with the same seed at the same point";
}
