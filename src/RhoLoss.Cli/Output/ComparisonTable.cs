using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
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
        output.WriteLine();
        Write(output, ArmTable.Of(summary, recipe));
        output.WriteLine();
        WriteNotes(output, summary, recipe, folder);
    }

    /// <summary>The lines of a table.</summary>
    internal static void Write(TextWriter output, ReportTable table)
    {
        foreach (string line in table.ToLines()) { output.WriteLine(line); }
    }

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
        int early = summary.Arms.Count(arm => arm.StoppedEarly);
        if (early > 0)
        {
            output.WriteLine(
                Invariant($"{early} of {Counted.Of(summary.Arms.Count, "run")} ended before that, after ")
                + Invariant($"{Counted.Of(recipe.Training.EarlyStop, "evaluation")} without a better {summary.Metric.Metric.Words}."));
        }
        if (summary.Target is { } target)
        {
            Metric metric = summary.Metric.Metric;
            output.WriteLine(recipe.Target is not null
                ? $"target: {metric.Format(target.Metric)} test {metric.Words}."
                : $"target: the best {metric.Words} of {recipe.Report.Baseline} with the same seed "
                    + $"({metric.Format(target.Metric)} on average); NR: not reached.");
        }
        if (summary.IrreducibleLoss is { } il)
        {
            ReferenceSummary? reference = summary.References.FirstOrDefault(reference => reference.Order is null);
            string of = reference?.File is { } file ? $" of {file}" : "";
            output.WriteLine(
                Invariant($"irreducible losses{of}{PreparationEvent.IrreducibleLossesReady.At(il.Temperature ?? 1)}: ")
                + (il.Accuracy is null
                    ? "from elsewhere."
                    : Invariant($"{il.Seconds:0.0} s{PreparationEvent.IrreducibleLossesReady.OnLabels(il.Accuracy)}")
                        + Alone(reference)
                        + (il.Reused ? "; reused from an earlier run." : ".")));
        }
        foreach (ReferenceSummary counted in summary.References.Where(reference => reference.Order is not null))
        {
            output.WriteLine(Invariant($"n-grams of the holdout up to {counted.Order}: {counted.Seconds:0.0} s{Alone(counted)}."));
        }
        foreach (SpeedupSummary s in (summary.Speedups ?? []).Where(s => s.Method == MethodTable.RhoLoss && recipe.Training.CountsEpochs))
        {
            output.WriteLine(
                Invariant($"{s.Method} against {s.Baseline}: {Times(s.Epochs)} fewer epochs, {Times(s.Seconds)} in seconds, ")
                + Invariant($"{Times(s.SecondsWithIrreducibleLoss)} with the IL model counted in full (below 1: slower)."));
        }
        if (summary.Headline is { } claim)
        {
            output.WriteLine(
                Invariant($"{claim.Arm} is as good as {claim.Baseline} at its end {claim.Seconds:0.00} × sooner, everything counted")
                + (claim.Low is { } low && claim.High is { } high
                    ? Invariant($" (95 % interval {low:0.00} to {high:0.00}, {claim.Seeds} seeds).") : " (one seed)."));
        }
        else if (recipe.Headline.Arm.Length > 0)
        {
            output.WriteLine($"{recipe.Headline.Arm} was not as good as {recipe.Headline.Baseline} at its end with every seed: no claim.");
        }
        output.WriteLine($"written to {folder.Location}");
    }

    /// <summary>What a reference is worth as a model of its own; empty where it is not known.</summary>
    private static string Alone(ReferenceSummary? reference)
    {
        if (reference?.Test is not { } test || Metric.Standard.FirstOrDefault(m => m.NameInPoints == test.Metric) is not { } metric)
        {
            return "";
        }
        string unit = metric.Name == Metric.Accuracy ? "" : $" {metric.Words}";
        return $"; the model itself: {metric.Format(test.Value)}{unit} on the test set";
    }

    private static string Times(double? ratio) => ratio is { } r ? Invariant($"{r:0.0} ×") : "NR";
}
