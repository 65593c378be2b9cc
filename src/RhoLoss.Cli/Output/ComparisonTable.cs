using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Running;
using RhoLoss.Experiments.Runs;
using RhoLoss.Training;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>
/// A summary as a table that reads the same in a terminal, a pipe and a README: mean ± sample standard deviation over seeds.
/// </summary>
internal static class ComparisonTable
{
    public static void Write(TextWriter output, ComparisonSummary summary, Recipe recipe, RunFolder folder)
    {
        string[] methods = [.. summary.Arms.Select(arm => arm.Method).Distinct()];
        Column[] columns = [.. Columns(summary, recipe)];
        output.WriteLine();
        Write(output, new ReportTable(
            summary.Recipe,
            [
                ["method", .. columns.Select(column => column.Head)],
                .. methods.Select(method => (IReadOnlyList<string>)
                [
                    method, .. columns.Select(column => column.Cell([.. summary.Arms.Where(arm => arm.Method == method)])),
                ]),
            ]));
        output.WriteLine();
        WriteNotes(output, summary, recipe, folder);
    }

    /// <summary>The lines of a table.</summary>
    internal static void Write(TextWriter output, ReportTable table)
    {
        foreach (string line in table.ToLines()) { output.WriteLine(line); }
    }

    /// <summary>Columns for the metrics that have a title, of arms that all measured them.</summary>
    internal static IEnumerable<Column> MetricColumns(IReadOnlyList<ArmSummary> arms) =>
        Metric.Standard.Where(metric => metric.Title is not null && arms.All(arm => arm.FinalMetric(metric.Name) is not null))
            .Select(metric => new Column(metric.Heading!, of => Spread.Of(metric, of.Select(arm => arm.FinalMetric(metric.Name)))));

    private static IEnumerable<Column> Columns(ComparisonSummary summary, Recipe recipe)
    {
        yield return new Column("final %", arms => Spread.Percent(arms.Select(arm => (double?)arm.FinalAccuracy)));
        yield return new Column("best %", arms => Spread.Percent(arms.Select(arm => (double?)arm.BestAccuracy)));
        foreach (Column metric in MetricColumns(summary.Arms)) { yield return metric; }
        if (summary.Target is not null)
        {
            if (recipe.Training.CountsEpochs)
            {
                yield return new Column("epochs to target", arms => Spread.Taken([.. arms.Select(arm => (double?)arm.EpochsToTarget)]));
            }
            yield return new Column("s to target", arms => Spread.Taken([.. arms.Select(arm => arm.SecondsToTarget)]));
        }
        if (summary.Arms.Any(arm => arm.Selected.Corrupted is not null))
        {
            yield return new Column("corrupted %", arms => Spread.Percent(arms.Select(arm => arm.Selected.Corrupted)));
        }
        yield return new Column("already correct %", arms => Spread.Percent(arms.Select(arm => arm.Selected.AlreadyCorrect)));
        if (!recipe.Training.CountsEpochs)
        {
            yield return new Column("steps", arms => Spread.Mean(arms.Select(arm => (double)arm.Steps), "0"));
        }
        yield return new Column("seconds", arms => Spread.Mean(arms.Select(arm => arm.Seconds)));
    }

    /// <summary>A column: its head, and its cell for the arms of one method.</summary>
    internal sealed record Column(string Head, Func<IReadOnlyList<ArmSummary>, string> Cell);

    private static void WriteNotes(TextWriter output, ComparisonSummary summary, Recipe recipe, RunFolder folder)
    {
        int seeds = summary.Arms.Select(a => a.Seed).Distinct().Count();
        string spread = seeds > 1 ? Invariant($"mean ± standard deviation over {seeds} seeds") : "one seed";
        string ShareOf(string budget) => summary.Arms.Any(a => a.Method.Contains(RecipeArm.BudgetMark, StringComparison.Ordinal))
            ? $"; {RecipeArm.BudgetMark}share: an arm with that share of {budget}." : ".";
        double share = 100.0 * recipe.Training.BatchSize / recipe.Training.LargeBatchSize;
        output.WriteLine(recipe.Training.Length switch
        {
            Length.OfSeconds length =>
                $"{spread}; budget {length}"
                + (recipe.IrreducibleLoss.Charge ? ", irreducible-loss model, plans and svp's proxy included" : "")
                + $", evaluation not{ShareOf("it")}",
            Length.OfSteps length => $"{spread}; budget {length}{ShareOf("it")}",
            Length length =>
                $"{spread}; {length}, "
                + Invariant($"in {Counted.Word(recipe.Training.Epochs, "which", "each of which")} every point is a candidate once ")
                + Invariant($"and {share:0.#} % are trained on{ShareOf("them")}"),
        });
        if (summary.Target is { } target)
        {
            output.WriteLine(recipe.Report.TargetAccuracy > 0
                ? Invariant($"target: {100 * target.Accuracy:0.0} % test accuracy.")
                : Invariant($"target: the best accuracy of {recipe.Report.Baseline} with the same seed ")
                    + Invariant($"({100 * target.Accuracy:0.0} % on average); NR: not reached."));
        }
        if (summary.IrreducibleLoss is { } il)
        {
            output.WriteLine(
                Invariant($"irreducible losses{PreparationEvent.IrreducibleLossesReady.At(il.Temperature ?? 1)}: ")
                + (il.Accuracy is null
                    ? "from elsewhere."
                    : Invariant($"{il.Seconds:0.0} s{PreparationEvent.IrreducibleLossesReady.OnLabels(il.Accuracy)}")
                        + (il.Reused ? "; reused from an earlier run." : ".")));
        }
        foreach (SpeedupSummary s in (summary.Speedups ?? []).Where(s => s.Method == MethodTable.RhoLoss && recipe.Training.CountsEpochs))
        {
            output.WriteLine(
                Invariant($"{s.Method} against {s.Baseline}: {Times(s.Epochs)} fewer epochs, {Times(s.Seconds)} in seconds, ")
                + Invariant($"{Times(s.SecondsWithIrreducibleLoss)} with the IL model counted in full (below 1: slower)."));
        }
        output.WriteLine($"written to {folder.Location}");
    }

    private static string Times(double? ratio) => ratio is { } r ? Invariant($"{r:0.0} ×") : "NR";
}
