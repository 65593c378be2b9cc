namespace RhoLoss.Experiments.Paper;

/// <summary>Our numbers as tables.</summary>
public static class ResultTables
{
    /// <summary>One row a part and target, one column a method: epochs (or steps) to the target, and final accuracy in parentheses, as in the paper's Table 2.</summary>
    public static ReportTable ToTarget(IReadOnlyList<PartResult> parts)
    {
        string[] methods = MethodsOf(parts);
        List<IReadOnlyList<string>> rows = [["data", "target %", "counted", .. methods]];
        foreach (PartResult part in parts)
        {
            for (int target = 0; target < part.Targets; target++)
            {
                int at = target;
                rows.Add([part.Title, Spread.Percent(part.BySeed(seed => (double?)part.Target(at, seed))), part.Unit, .. methods.Select(method => !part.Has(method) ? Spread.None
                    : $"{Spread.Taken(part.BySeed(seed => part.Taken(method, seed, at)))} ({Spread.Percent(part.BySeed(seed => (double?)part.Final(method, seed)))})")]);
            }
        }
        return new ReportTable("Epochs or steps to the target accuracy, final accuracy in % in parentheses", rows);
    }

    /// <summary>One row a part and method: what was selected.</summary>
    public static ReportTable Selected(IReadOnlyList<PartResult> parts)
    {
        SelectedShare[] shares = [.. Enum.GetValues<SelectedShare>().Where(share => parts.Any(part => part.Recipe.Training.Methods.Any(method => part.BySeed(seed => part.Selected(share, method, seed)).All(value => value is not null))))];
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
    internal static string[] MethodsOf(IReadOnlyList<PartResult> parts) => [.. parts.SelectMany(part => part.Recipe.Training.Methods).Distinct(StringComparer.Ordinal)];
}
