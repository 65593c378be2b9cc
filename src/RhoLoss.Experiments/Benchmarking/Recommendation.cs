using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>
/// Which scorer to use, going by cost: the one with the smallest C, where a plan is charged with its making; <c>uniform</c> when even
/// that exceeds <see cref="UsualSaving"/>. How well a scorer ranks is not measured here: a comparison does that. A scorer
/// whose row in <see cref="ScorerTable"/> says so is left out: it is cheap, but was seen to lose accuracy.
/// </summary>
public static class Recommendation
{
    /// <summary>Factor in steps that selection usually saves against a tuned uniform baseline; a dearer step does not pay.</summary>
    public const double UsualSaving = 2;

    /// <summary>Name of what is recommended.</summary>
    public static string Of(IEnumerable<ScorerRow> rows, string stepPrecision)
    {
        ScorerRow cheapest = rows.Where(r => r.StepPrecision == stepPrecision)
            .Where(r => ScorerTable.Find(r.Name) is not { IsRecommended: false }).MinBy(Cost)
            ?? throw new ArgumentException($"There is no row for steps in {stepPrecision}.", nameof(rows));
        return Cost(cheapest) <= UsualSaving ? cheapest.Name : MethodTable.Uniform;
    }

    private static double Cost(ScorerRow row) => row.StepCostWithPlan ?? row.StepCost;
}
