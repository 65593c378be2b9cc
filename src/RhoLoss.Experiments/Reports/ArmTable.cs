using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Serialization;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Reports;

/// <summary>
/// Results as a table for a terminal, a page and a spreadsheet: one row an arm, mean ± sample standard deviation over seeds.
/// </summary>
public static class ArmTable
{
    /// <summary>The arms of a comparison, or the one arm of a run.</summary>
    public static ReportTable Of(ComparisonSummary summary, Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(recipe);
        Column[] columns = [.. Columns(summary, recipe)];
        return new ReportTable(
            summary.Recipe,
            [
                ["method", .. columns.Select(column => column.Head)],
                .. MethodsOf(summary).Select(arms => (IReadOnlyList<string>)
                    [arms.Key, .. columns.Select(column => column.Cell([.. arms]))]),
            ]);
    }

    /// <summary>The arms of each point of a sweep: one row a point and method.</summary>
    public static ReportTable Of(
        string title, IReadOnlyList<string> keys, IReadOnlyList<(IReadOnlyList<string> Values, ComparisonSummary Summary)> points,
        IReadOnlyList<Recipe> recipes)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(recipes);
        bool countsEpochs = recipes.All(recipe => recipe.Training.CountsEpochs);
        Column[] columns =
        [
            .. MetricColumns(recipes[0].Metric, [.. points.SelectMany(point => point.Summary.Arms)]),
            countsEpochs ? EpochsToTarget : new Column(EpochsToTarget.Head, _ => Spread.None),
            SecondsToTarget, Seconds,
        ];
        return new ReportTable(
            title,
            [
                [.. keys, "method", .. columns.Select(column => column.Head)],
                .. points.SelectMany(point => MethodsOf(point.Summary).Select(arms => (IReadOnlyList<string>)
                    [.. point.Values, arms.Key, .. columns.Select(column => column.Cell([.. arms]))])),
            ]);
    }

    /// <summary>Writes a table as <c>NAME.csv</c> and <c>NAME.md</c>.</summary>
    /// <param name="table">The table.</param>
    /// <param name="path">Where, without ending.</param>
    internal static void Save(ReportTable table, string path)
    {
        AtomicFile.WriteAllText(path + ".csv", table.ToCsv());
        AtomicFile.WriteAllText(path + ".md", table.ToMarkdown());
    }

    private static Column EpochsToTarget =>
        new("epochs to target", arms => Spread.Taken([.. arms.Select(arm => (double?)arm.EpochsToTarget)]));

    private static Column SecondsToTarget => new("s to target", arms => Spread.Taken([.. arms.Select(arm => arm.SecondsToTarget)]));

    private static Column Seconds => new("seconds", arms => Spread.Mean(arms.Select(arm => arm.Seconds)));

    private static IEnumerable<IGrouping<string, ArmSummary>> MethodsOf(ComparisonSummary summary) =>
        summary.Arms.GroupBy(arm => arm.Method, StringComparer.Ordinal);

    /// <summary>
    /// The metric that arms are judged by, at the end and at its best, and the metrics that have a title, of arms that all measured them.
    /// </summary>
    private static IEnumerable<Column> MetricColumns(Metric metric, IReadOnlyList<ArmSummary> arms)
    {
        string unit = metric.Name == Metric.Accuracy ? "%" : metric.Heading ?? metric.Words;
        yield return new Column($"final {unit}", of => Spread.Of(metric, of.Select(arm => (double?)arm.FinalMetric)));
        yield return new Column($"best {unit}", of => Spread.Of(metric, of.Select(arm => (double?)arm.BestMetric)));
        foreach (Metric other in Metric.Standard.Where(other => other.Title is not null && other.Name != metric.Name))
        {
            if (arms.All(arm => arm.Last(other) is not null))
            {
                yield return new Column(other.Heading!, of => Spread.Of(other, of.Select(arm => arm.Last(other))));
            }
        }
    }

    private static IEnumerable<Column> Columns(ComparisonSummary summary, Recipe recipe)
    {
        foreach (Column metric in MetricColumns(summary.Metric.Metric, summary.Arms)) { yield return metric; }
        if (summary.Target is not null)
        {
            if (recipe.Training.CountsEpochs)
            {
                yield return EpochsToTarget;
            }
            yield return SecondsToTarget;
        }
        if (summary.Arms.Any(arm => arm.Selected.Corrupted is not null))
        {
            yield return new Column("corrupted %", arms => Spread.Percent(arms.Select(arm => arm.Selected.Corrupted)));
        }
        if (summary.Arms.Any(arm => arm.Selected.LowRelevance is not null))
        {
            yield return new Column("low relevance %", arms => Spread.Percent(arms.Select(arm => arm.Selected.LowRelevance)));
        }
        yield return new Column("already correct %", arms => Spread.Percent(arms.Select(arm => arm.Selected.AlreadyCorrect)));
        if (!recipe.Training.CountsEpochs || summary.Arms.Any(arm => arm.StoppedEarly))
        {
            yield return new Column("steps", arms => Spread.Mean(arms.Select(arm => (double)arm.Steps), "0"));
        }
        yield return Seconds;
    }

    /// <summary>A column: its head, and its cell for the arms of one method.</summary>
    private sealed record Column(string Head, Func<IReadOnlyList<ArmSummary>, string> Cell);
}
