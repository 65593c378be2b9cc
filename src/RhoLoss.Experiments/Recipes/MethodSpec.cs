using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RhoLoss.Experiments.Recipes;

/// <summary>
/// An arm of a comparison as a recipe names it: <c>method</c>, then, each if wanted, <c>+scorer</c>, <c>@share</c> and <c>~budget</c>, such
/// as <c>rho-loss+replica@0.25~0.5</c>. What is left out comes from the sections <c>scoring</c> and <c>training</c>.
/// </summary>
/// <param name="Text">As written; the arm's name in tables and files.</param>
/// <param name="Method">Name of the method.</param>
/// <param name="Scorer">Name of the scorer; null for <c>scoring.scorer</c>.</param>
/// <param name="Share">q = n_b/n_B, above 0 and at most 1; null for that of <c>training.large-batch-size</c>.</param>
/// <param name="Budget">
/// Share of the recipe's budget this arm gets, above 0 and at most 1. Its schedule ends with it: how sooner a method can
/// be done is asked with arms of their own.
/// </param>
public sealed record MethodSpec(string Text, string Method, string? Scorer, double? Share, double Budget)
{
    /// <summary>What stands before the share of the budget in an arm's name.</summary>
    public const char BudgetMark = '~';

    /// <summary>Reads an arm's name.</summary>
    /// <exception cref="InvalidInputException">Method, scorer or share is not known; the message names the nearest.</exception>
    public static MethodSpec Parse(string text) =>
        TryParse(text, out MethodSpec? spec) ? spec : throw new InvalidInputException($"'{text}' is not a method: {Requirement}.");

    /// <summary>What a name must be, in words.</summary>
    public static string Requirement { get; } =
        $"a method ({string.Join(", ", Methods.All)}), if wanted with +scorer ({string.Join(", ", Scorers.All)}), "
        + "@share of candidates trained on and ~share of the budget, as in rho-loss+replica@0.25~0.5; "
        + "infobatch and auto choose for themselves and take neither scorer nor @share";

    /// <summary>Reads an arm's name; false when a part of it is not known.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out MethodSpec? spec)
    {
        ArgumentNullException.ThrowIfNull(text);
        spec = null;
        string[] budgets = text.Split(BudgetMark);
        string[] parts = budgets[0].Split('@');
        string[] names = parts[0].Split('+');
        double share = 1, budget = 1;
        if (parts.Length > 2 || names.Length > 2 || !Methods.All.Contains(names[0], StringComparer.Ordinal)) { return false; }
        if (names.Length == 2 && !Scorers.All.Contains(names[1], StringComparer.Ordinal)) { return false; }
        if (budgets.Length > 2
            || (parts.Length == 2 && !IsShare(parts[1], out share))
            || (budgets.Length == 2 && !IsShare(budgets[1], out budget)))
        {
            return false;
        }
        if (names[0] is Methods.InfoBatch or Methods.Auto && (names.Length == 2 || parts.Length == 2)) { return false; }
        if (names[0] is Methods.Svp && names.Length == 2) { return false; }   // its proxy scores once, before there are candidates
        spec = new MethodSpec(text, names[0], names.Length == 2 ? names[1] : null, parts.Length == 2 ? share : null, budget);
        return true;
    }

    private static bool IsShare(string text, out double share) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out share) && share > 0 && share <= 1;
}

/// <summary>The names under which a recipe knows the scorers.</summary>
public static class Scorers
{
    /// <summary>The model being trained.</summary>
    public const string Target = "target";

    /// <summary>A copy of it in a faster format.</summary>
    public const string Replica = "replica";

    /// <summary>A small model trained beside it.</summary>
    public const string Proxy = "proxy";

    /// <summary>Logits remembered from when an example was last seen.</summary>
    public const string LastSeen = "last-seen";

    /// <summary>Last-seen logits drop the certain losers, the target scores the rest.</summary>
    public const string Cascade = "cascade";

    /// <summary>Ids planned beforehand by a small model.</summary>
    public const string Plan = "plan";

    /// <summary>Every scorer a recipe may name.</summary>
    public static ValueList<string> All { get; } = [Target, Replica, Proxy, LastSeen, Cascade, Plan];
}
