using RhoLoss.Experiments.Reports;

namespace RhoLoss.Experiments.Paper;

/// <summary>A number of the paper as data.</summary>
/// <param name="What">What is measured, with unit.</param>
/// <param name="Value">The value as the paper writes it.</param>
/// <param name="Source">Table, figure or section; or, for a number that is not the paper's own, who measured it.</param>
/// <param name="Part">Name of the part that measures the same; null when none does.</param>
/// <param name="Here">Our number from that part; null when it has none.</param>
public sealed record PaperValue(string What, string Value, string Source, string? Part = null, Func<PartResult, string?>? Here = null)
{
    /// <summary>The value beside ours.</summary>
    public PaperComparison Compare(IReadOnlyList<PartResult> parts)
    {
        PartResult? part = parts.FirstOrDefault(p => p.Part.Name == Part);
        string? here = part is null ? null : Here?.Invoke(part);
        return new PaperComparison(What, Value, here is null ? null : part!.Data.Substitute ? $"{here}, on {part.Data.Set}" : here, Source);
    }

    /// <summary>Epochs of a method to a target; where the target here is another accuracy, ours says which.</summary>
    public static PaperValue Taken(string what, string value, string source, string part, string method, int target) => new(
        what, value, source, part, result => result.Has(method) ? Text(result, method, Math.Min(target, result.Targets - 1)) : null);

    /// <summary>Final accuracy of a method.</summary>
    public static PaperValue Final(string what, string value, string source, string part, string method) => new(
        what, value, source, part,
        result => result.Has(method) ? $"{Spread.Percent(result.BySeed(seed => (double?)result.Final(method, seed)))} %" : null);

    private static string Text(PartResult result, string method, int target)
    {
        string taken = $"{Spread.Taken(result.BySeed(seed => result.Taken(method, seed, target)))} {result.Unit}";
        return result.HasFixedTargets
            ? taken
            : $"{taken} to {Spread.Percent(result.BySeed(seed => (double?)result.Target(target, seed)))} %";
    }
}
