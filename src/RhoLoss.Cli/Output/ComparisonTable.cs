using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Runs;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>
/// A summary as a table that reads the same in a terminal, a pipe and a README: mean ± sample standard deviation over seeds.
/// </summary>
internal static class ComparisonTable
{
    public static void Write(TextWriter output, ComparisonSummary summary, Recipe recipe, RunFolder folder)
    {
        string[] methods = [.. summary.Arms.Select(a => a.Method).Distinct()];
        bool corrupted = summary.Arms.Any(a => a.Selected.Corrupted is not null);
        List<string[]> rows = [[.. Header(summary, recipe, corrupted)]];
        foreach (string method in methods)
        {
            ArmSummary[] arms = [.. summary.Arms.Where(a => a.Method == method)];
            List<string> row =
            [
                method,
                Percent(arms.Select(a => a.FinalAccuracy)),
                Percent(arms.Select(a => a.BestAccuracy)),
            ];
            if (summary.Target is not null)
            {
                if (recipe.Training.CountsEpochs) { row.Add(Mean(arms.Select(a => (double?)a.EpochsToTarget), "0.0")); }
                row.Add(Mean(arms.Select(a => a.SecondsToTarget), "0.0"));
            }
            if (corrupted) { row.Add(Percent(arms.Select(a => a.Selected.Corrupted ?? double.NaN))); }
            row.Add(Percent(arms.Select(a => a.Selected.AlreadyCorrect ?? double.NaN)));
            if (!recipe.Training.CountsEpochs) { row.Add(Invariant($"{arms.Average(a => a.Steps):0}")); }
            row.Add(Invariant($"{arms.Average(a => a.Seconds):0.0}"));
            rows.Add([.. row]);
        }

        output.WriteLine();
        WriteColumns(output, rows);
        output.WriteLine();
        WriteNotes(output, summary, recipe, folder);
    }

    private static IEnumerable<string> Header(ComparisonSummary summary, Recipe recipe, bool corrupted)
    {
        yield return "method";
        yield return "final %";
        yield return "best %";
        if (summary.Target is not null)
        {
            if (recipe.Training.CountsEpochs) { yield return "epochs to target"; }
            yield return "s to target";
        }
        if (corrupted) { yield return "corrupted %"; }
        yield return "already correct %";
        if (!recipe.Training.CountsEpochs) { yield return "steps"; }
        yield return "seconds";
    }

    internal static void WriteColumns(TextWriter output, IEnumerable<IReadOnlyList<string>> cells)
    {
        string[][] rows = [.. cells.Select(row => row.Select(VisibleText.Of).ToArray())];   // as wide as they are shown
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length))];
        for (int r = 0; r < rows.Length; r++)
        {
            output.WriteLine(
                string.Join("  ", rows[r].Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd());
            if (r == 0) { output.WriteLine(new string('-', widths.Sum() + 2 * (widths.Length - 1))); }
        }
    }

    private static void WriteNotes(TextWriter output, ComparisonSummary summary, Recipe recipe, RunFolder folder)
    {
        int seeds = summary.Arms.Select(a => a.Seed).Distinct().Count();
        string spread = seeds > 1 ? Invariant($"mean ± standard deviation over {seeds} seeds") : "one seed";
        string ShareOf(string budget) => summary.Arms.Any(a => a.Method.Contains(Arm.BudgetMark, StringComparison.Ordinal))
            ? $"; {Arm.BudgetMark}share: an arm with that share of {budget}." : ".";
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
                Invariant($"irreducible losses{EventText.At(il.Temperature ?? 1)}: {il.Seconds:0.0} s, ")
                + Invariant($"accuracy {100 * il.Accuracy:0.0} % on the training labels")
                + (il.Reused ? "; reused from an earlier run." : "."));
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

    internal static string Percent(IEnumerable<double> shares) => Spread([.. shares.Select(s => 100 * s)], "0.0");

    internal static string Mean(IEnumerable<double?> values, string format)
    {
        double?[] all = [.. values];
        return all.Any(v => v is null)
            ? all.All(v => v is null) ? "NR" : Invariant($"NR ({all.Count(v => v is not null)} of {all.Length} reached)")
            : Spread([.. all.Select(v => v!.Value)], format);
    }

    private static string Spread(double[] values, string format)
    {
        if (values.Any(double.IsNaN)) { return "-"; }
        string mean = values.Average().ToString(format, System.Globalization.CultureInfo.InvariantCulture);
        return SpeedupCalculator.SampleStandardDeviation(values) is { } deviation
            ? $"{mean} ± {deviation.ToString(format, System.Globalization.CultureInfo.InvariantCulture)}" : mean;
    }
}
