using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Registry;

/// <summary>
/// An arm of a comparison: <c>method</c>, then, each if wanted, <c>+scorer</c>, <c>@share</c> and <c>~budget</c>, such as
/// <c>rho-loss+replica@0.25~0.5</c>, with one seed. What is left out comes from the sections <c>scoring</c> and <c>training</c>.
/// </summary>
/// <param name="Name">As a recipe names it; its name in tables, too.</param>
/// <param name="Method">The method.</param>
/// <param name="Scorer">The scorer; null for <c>scoring.scorer</c>.</param>
/// <param name="Share">q = n_b/n_B, above 0 and at most 1; null for that of <c>training.large-batch-size</c>.</param>
/// <param name="Budget">
/// Share of the recipe's budget this arm gets, above 0 and at most 1. Its schedule ends with it: how sooner a method can
/// be done is asked with arms of their own.
/// </param>
/// <param name="Seed">Of initialisation, order and augmentation.</param>
public sealed record RecipeArm(string Name, SelectionMethod Method, ScorerKind? Scorer, double? Share, double Budget, long Seed)
{
    /// <summary>What stands before the share of the budget in an arm's name.</summary>
    public const char BudgetMark = '~';

    /// <summary>The methods that take neither scorer nor share.</summary>
    private static string WithoutChoice
    {
        get
        {
            string[] names = [.. MethodTable.All.Where(m => !m.TakesScorer && !m.TakesShare).Select(m => m.Name)];
            return $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}";
        }
    }

    /// <summary>What a name must be, in words.</summary>
    public static string Requirement { get; } =
        $"a method ({string.Join(", ", MethodTable.Names)}), if wanted with +scorer ({string.Join(", ", ScorerTable.Names)}), "
        + "@share of candidates trained on and ~share of the budget, as in rho-loss+replica@0.25~0.5; "
        + $"{WithoutChoice} choose for themselves and take neither scorer nor @share";

    /// <summary>The arm as events and files name it.</summary>
    public Arm Label => new(Name, Seed);

    /// <summary>Reads an arm's name.</summary>
    /// <exception cref="InvalidInputException">Method, scorer or share is not known; the message names the known ones.</exception>
    public static RecipeArm Parse(string name, long seed = 0) =>
        TryParse(name, out RecipeArm? arm) ? arm with { Seed = seed }
            : throw new InvalidInputException($"'{name}' is not a method: {Requirement}.");

    /// <summary>Reads arms' names.</summary>
    /// <exception cref="InvalidInputException">One is none.</exception>
    public static IEnumerable<RecipeArm> Parse(IEnumerable<string> names) => names.Select(name => Parse(name));

    /// <summary>Whether one of the arms of these names needs irreducible losses, so that a holdout model has to exist first.</summary>
    /// <exception cref="InvalidInputException">One is none.</exception>
    public static bool NeedIrreducibleLosses(IEnumerable<string> names) => Parse(names).Any(arm => arm.Method.NeedsIrreducibleLosses);

    /// <summary>Reads an arm's name, for the seed 0; false when a part of it is not known.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out RecipeArm? arm)
    {
        ArgumentNullException.ThrowIfNull(name);
        arm = null;
        string[] budgets = name.Split(BudgetMark);
        string[] parts = budgets[0].Split('@');
        string[] names = parts[0].Split('+');
        if (budgets.Length > 2 || parts.Length > 2 || names.Length > 2) { return false; }
        (bool scores, bool shares) = (names.Length == 2, parts.Length == 2);
        SelectionMethod? method = MethodTable.Find(names[0]);
        ScorerKind? scorer = scores ? ScorerTable.Find(names[1]) : null;
        double share = 1, budget = 1;
        if (method is null
            || (scores && (scorer is null || !method.TakesScorer))
            || (shares && (!method.TakesShare || !IsShare(parts[1], out share)))
            || (budgets.Length == 2 && !IsShare(budgets[1], out budget)))
        {
            return false;
        }
        arm = new RecipeArm(name, method, scorer, shares ? share : null, budget, Seed: 0);
        return true;
    }

    /// <summary>
    /// The scorer: of the arm's name, else of the recipe. A method that asks nothing would pay for a scorer of the recipe (a proxy trains
    /// with every step) and get nothing, so it has none unless its name says so; a gate has its own.
    /// </summary>
    public ScorerKind ScorerIn(ScoringSection scoring)
    {
        ArgumentNullException.ThrowIfNull(scoring);
        if (Scorer is not null) { return Scorer; }
        return Method.NeedsScorer && !Method.IsGated ? ScorerTable.Find(scoring.Scorer)! : ScorerTable.Target;
    }

    private static bool IsShare(string text, out double share) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out share) && share > 0 && share <= 1;
}
