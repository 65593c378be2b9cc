using RhoLoss.Datasets;
using static System.FormattableString;

namespace RhoLoss.Cli.Output;

/// <summary>What a data set was found to contain.</summary>
internal static class CheckText
{
    /// <summary>Writes what a check found.</summary>
    public static void Write(TextWriter output, DatasetCheck check)
    {
        output.WriteLine($"{check.Name}: {check.Source}");
        output.WriteLine(
            Invariant($"  training {Counts(check.TrainingByClass)}; holdout {Counts(check.HoldoutByClass)}; ")
            + Invariant($"test {Counts(check.TestByClass)}"));
        foreach (FileChecksum file in check.Files)
        {
            output.WriteLine(
                $"  {file.Sha256}  "
                + $"{file.Path}{file.Official switch { true => "  (official)", false => "  (NOT the official content)", null => "" }}");
        }
        foreach (string leftOut in check.LeftOut) { output.WriteLine($"  left out: {leftOut}"); }
        foreach (string notice in check.Notices) { output.WriteLine($"  note: {notice}"); }
        foreach (string problem in check.Problems) { output.WriteLine($"  problem: {problem}"); }
        output.WriteLine(check switch
        {
            { Passed: false } => $"  {Counted.Of(check.ProblemCount, "problem")}",
            { Notices.Count: > 0 } => "  no problem, but see the notes",
            { LeftOut.Count: > 0 } => "  everything else as expected",
            _ => "  everything as expected",
        });
    }

    private static string Counts<T>(IReadOnlyList<T> byClass) where T : System.Numerics.INumber<T>
    {
        if (byClass.Count == 1) { return Invariant($"{byClass[0]}"); }   // sequences, which have no class
        T total = byClass.Aggregate(T.Zero, (a, b) => a + b), lowest = byClass.Min()!, highest = byClass.Max()!;
        return Invariant($"{total} ({(lowest == highest ? Invariant($"{lowest}") : Invariant($"{lowest} to {highest}"))} a class)");
    }
}
