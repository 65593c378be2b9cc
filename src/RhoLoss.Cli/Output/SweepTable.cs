using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Workflows;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>A sweep as a table: one row a point and method, mean ± sample standard deviation over seeds.</summary>
internal static class SweepTable
{
    public static void Write(TextWriter output, SweepSummary summary, IReadOnlyList<Recipe> recipes, string folder)
    {
        output.WriteLine();
        ComparisonTable.Write(output, Sweep.TableOf(summary, recipes));
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
