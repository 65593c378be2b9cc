using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Reports;
using static System.FormattableString;

namespace RhoLoss.Experiments.Paper;

/// <summary>Something the paper says, and the rule that decides from our numbers whether it holds here.</summary>
/// <param name="Statement">The claim.</param>
/// <param name="Rule">The rule in words.</param>
/// <param name="Judge">Applies the rule to a part; null where the part has nothing to do with the claim.</param>
public sealed record Claim(
    string Statement, string Rule, Func<PartResult, IReadOnlyList<PartResult>, (string Verdict, string Evidence)?> Judge)
{
    /// <summary>What the rule finds in each part.</summary>
    public IReadOnlyList<ClaimFinding> Find(IReadOnlyList<PartResult> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return [.. parts.Select(part => (part, found: Judge(part, parts))).Where(f => f.found is not null)
            .Select(f => new ClaimFinding(Statement, Rule, f.part.Title, f.found!.Value.Verdict, f.found.Value.Evidence))];
    }

    /// <summary>This claim about some parts only, by the beginning of their names.</summary>
    public Claim Only(params string[] names) => this with
    {
        Judge = (part, parts) => names.Any(name => part.Part.Name.StartsWith(name, StringComparison.Ordinal)) ? Judge(part, parts) : null,
    };

    /// <summary>The first method reaches the target in fewer epochs (or steps) than the second, with every seed.</summary>
    public static Claim Sooner(string statement, string fast, string slow, int target = -1) => new(
        statement,
        $"{fast} reaches the {(target < 0 ? "highest target" : "target")} in fewer epochs or steps than {slow} with every seed; "
        + "one that never does is later than one that does",
        (part, _) => !part.Has(fast) || !part.Has(slow) ? null
            : BySeed(part, seed => Earlier(part.Taken(fast, seed, At(part, target)), part.Taken(slow, seed, At(part, target))),
                $"{Took(part, fast, target)} against {Took(part, slow, target)} {part.Unit}"));

    /// <summary>The first method does not need more epochs (or steps) than the second, with any seed.</summary>
    public static Claim NoLater(string statement, string fast, string slow) => new(
        statement, $"{fast} needs no more epochs or steps to the highest target than {slow} with any seed",
        (part, _) => !part.Has(fast) || !part.Has(slow) ? null
            : BySeed(part, seed => Not(Earlier(part.Taken(slow, seed, At(part, -1)), part.Taken(fast, seed, At(part, -1)))),
                $"{Took(part, fast, -1)} against {Took(part, slow, -1)} {part.Unit}"));

    /// <summary>The first method's final accuracy is above that of each other, with every seed.</summary>
    public static Claim EndsHigher(string statement, string high, params string[] low) => new(
        statement, $"{high} ends above {(low.Length == 0 ? "every other method" : string.Join(" and ", low))} with every seed",
        (part, _) =>
        {
            bool IsOther(string method) => low.Length == 0 ? method != high : low.Contains(method, StringComparer.Ordinal);
            string[] others = [.. part.Recipe.Training.Methods.Where(IsOther)];
            return !part.Has(high) || others.Length == 0 ? null
                : BySeed(part, seed => others.All(other => part.Final(high, seed) > part.Final(other, seed)),
                    $"{Ends(part, high)} against {string.Join(", ", others.Select(other => $"{Ends(part, other)} ({other})"))} %");
        });

    /// <summary>The first method selects fewer such points than the second, with every seed.</summary>
    public static Claim SelectsFewer(string statement, SelectedShare share, string few, string many) => new(
        statement, $"the {InWords(share)} share of what {few} selects is smaller than that of {many} with every seed",
        (part, _) => !part.Has(few) || !part.Has(many) || !IsKnown(part, share, many) ? null
            : BySeed(part, seed => part.Selected(share, few, seed) is { } a && part.Selected(share, many, seed) is { } b ? a < b : null,
                $"{Share(part, share, few)} against {Share(part, share, many)} %"));

    /// <summary>The epochs of uniform over those of rho-loss are more in the second part than in the first, with every seed.</summary>
    public static Claim SpeedupGrows(string statement, string from, string to) => new(
        statement, $"epochs of uniform over epochs of rho-loss are more in this part than in {from} with every seed",
        (part, parts) => part.Part.Name != to || parts.FirstOrDefault(p => p.Part.Name == from) is not { } before ? null
            : BySeed(part, seed => Grew(before, part, seed), Invariant($"{Ratios(part)} against {Ratios(before)} times")));

    internal static string InWords(SelectedShare share) => share switch
    {
        SelectedShare.Corrupted => "corrupted",
        SelectedShare.LowRelevance => "low-relevance",
        _ => "already correct",
    };

    /// <summary>One counterexample refutes a claim about every seed; a missing answer, or a single seed, leaves it open.</summary>
    internal static (string Verdict, string Evidence) BySeed(PartResult part, Func<long, bool?> says, string numbers)
    {
        IReadOnlyList<bool?> answers = part.BySeed(says);
        string verdict = answers.Contains(false) ? Verdicts.DoesNotHold
            : answers.Contains(null) || answers.Count < 2 ? Verdicts.CannotBeTold
            : Verdicts.Holds;
        return (verdict, Invariant($"{answers.Count(answer => answer == true)} of {Counted.Of(answers.Count, "seed")}: {numbers}"));
    }

    internal static bool? Earlier(double? first, double? second) => (first, second) switch
    {
        (null, null) => null,
        (null, _) => false,
        (_, null) => true,
        var (a, b) => a < b,
    };

    private static bool? Not(bool? answer) => !answer;

    private static int At(PartResult part, int target) => target < 0 ? part.Targets - 1 : Math.Min(target, part.Targets - 1);

    private static string Took(PartResult part, string method, int target) =>
        Spread.Taken(part.BySeed(seed => part.Taken(method, seed, At(part, target))));

    private static string Ends(PartResult part, string method) => Spread.Percent(part.BySeed(seed => (double?)part.Final(method, seed)));

    private static string Share(PartResult part, SelectedShare share, string method) =>
        Spread.Percent(part.BySeed(seed => part.Selected(share, method, seed)));

    private static bool IsKnown(PartResult part, SelectedShare share, string method) =>
        part.BySeed(seed => part.Selected(share, method, seed)).Any(value => value is not null);

    private static bool? Grew(PartResult before, PartResult after, long seed)
    {
        if (!before.Recipe.Training.Seeds.Contains(seed)) { return null; }
        return Ratio(after, seed) is { } later && Ratio(before, seed) is { } earlier ? later > earlier : null;
    }

    private static double? Ratio(PartResult part, long seed) =>
        part.Taken(MethodTable.Uniform, seed, At(part, -1)) / part.Taken(MethodTable.RhoLoss, seed, At(part, -1));

    private static string Ratios(PartResult part) => Spread.Taken(part.BySeed(seed => Ratio(part, seed)));
}
