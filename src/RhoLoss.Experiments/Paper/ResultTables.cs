using RhoLoss.Experiments.Reports;

namespace RhoLoss.Experiments.Paper;

/// <summary>Our numbers as tables.</summary>
public static class ResultTables
{
    /// <summary>
    /// One row a part and target, one column a method: epochs (or steps) to the target, and final accuracy
    /// in parentheses, as in the paper's Table 2.
    /// </summary>
    public static ReportTable ToTarget(IReadOnlyList<PartResult> parts)
    {
        string[] methods = MethodsOf(parts);
        List<IReadOnlyList<string>> rows = [["data", "target %", "counted", .. methods]];
        foreach (PartResult part in parts)
        {
            for (int target = 0; target < part.Targets; target++)
            {
                int at = target;
                string accuracy = Spread.Percent(part.BySeed(seed => (double?)part.Target(at, seed)));
                rows.Add([part.Title, accuracy, part.Unit, .. methods.Select(method => ToTarget(part, method, at))]);
            }
        }
        return new ReportTable("Epochs or steps to the target accuracy, final accuracy in % in parentheses", rows);
    }

    private static string ToTarget(PartResult part, string method, int target)
    {
        if (!part.Has(method)) { return Spread.None; }
        string taken = Spread.Taken(part.BySeed(seed => part.Taken(method, seed, target)));
        return $"{taken} ({Spread.Percent(part.BySeed(seed => (double?)part.Final(method, seed)))})";
    }

    /// <summary>One row a part and method: what was selected.</summary>
    public static ReportTable Selected(IReadOnlyList<PartResult> parts)
    {
        bool IsKnown(PartResult part, string method, SelectedShare share) =>
            part.BySeed(seed => part.Selected(share, method, seed)).All(value => value is not null);
        bool IsKnownSomewhere(SelectedShare share) =>
            parts.Any(part => part.Recipe.Training.Methods.Any(method => IsKnown(part, method, share)));
        SelectedShare[] shares = [.. Enum.GetValues<SelectedShare>().Where(IsKnownSomewhere)];
        List<IReadOnlyList<string>> rows = [["data", "method", .. shares.Select(share => $"{Claim.InWords(share)} %"), "final %"]];
        foreach (PartResult part in parts)
        {
            rows.AddRange(part.Recipe.Training.Methods.Select(method => (IReadOnlyList<string>)
                [part.Title, method, .. shares.Select(share => Spread.Percent(part.BySeed(seed => part.Selected(share, method, seed)))),
                 Spread.Percent(part.BySeed(seed => (double?)part.Final(method, seed)))]));
        }
        return new ReportTable("What is selected, in % of all selected points", rows);
    }

    /// <summary>The methods of all parts, in the order in which they first occur.</summary>
    internal static string[] MethodsOf(IReadOnlyList<PartResult> parts) =>
        [.. parts.SelectMany(part => part.Recipe.Training.Methods).Distinct(StringComparer.Ordinal)];
}
