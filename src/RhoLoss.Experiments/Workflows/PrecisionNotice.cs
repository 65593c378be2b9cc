using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Benchmarking;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Logging;
using RhoLoss.Optimization;

namespace RhoLoss.Experiments.Workflows;

/// <summary>Whether a run computes in bfloat16 on a processor where that costs time.</summary>
internal static class PrecisionNotice
{
    /// <summary>
    /// What to say at the start of a run; null where nothing computes in bfloat16 or it is no slower. Measures for a few
    /// hundredths of a second.
    /// </summary>
    public static RunEvent.Notice? Of(Recipe recipe, IEnumerable<string> methods)
    {
        if (recipe.Machine.Device != "cpu") { return null; }   // it is the processor that is measured
        string[] names = [.. methods];
        string[] parts = [.. PartsInBFloat16(recipe, names)];
        if (parts.Length == 0) { return null; }
        PrecisionSpeed speed = PrecisionSpeed.Measure();
        return speed.BFloat16IsSlower ? new RunEvent.Notice(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"bfloat16 is {speed.Ratio:0.0} × slower than float32 on this machine, "
            + $"and {string.Join(" and ", parts)} compute in it")) : null;
    }

    private static IEnumerable<string> PartsInBFloat16(Recipe recipe, string[] methods)
    {
        if (ComputeOptions.FormatOf(recipe).Precision == Precision.BFloat16) { yield return "training (training.precision)"; }
        bool trainsIrreducible = recipe.IrreducibleLoss.Reference.Trains
            && RecipeArm.NeedIrreducibleLosses(methods) && !File.Exists(recipe.IrreducibleLoss.File);
        if (trainsIrreducible && IsHalf(recipe, IrreducibleLossName.ArchitectureOf(recipe), recipe.IrreducibleLoss.Precision))
        {
            yield return "the irreducible-loss model (irreducible-loss.precision)";
        }
        ArmSelection[] arms = [.. RecipeArm.Parse(methods).Select(arm => new ArmSelection(recipe, arm, null))];
        foreach (ScorerKind scorer in arms.Select(arm => arm.Scorer).Where(s => s.Precision == ScorerPrecision.BFloat16).Distinct())
        {
            yield return $"the {scorer.Name} (scorer {scorer.Name})";
        }
        if (arms.FirstOrDefault(arm => arm.UsesProxy) is { } proxied
            && IsHalf(recipe, proxied.ProxyArchitecture, recipe.Scoring.ProxyPrecision))
        {
            yield return "the proxy (scoring.proxy-precision)";
        }
    }

    private static bool IsHalf(Recipe recipe, Architecture model, PrecisionChoice precision) =>
        ComputeOptions.SmallModelFormatOf(model, precision, recipe.Machine.Device).Precision == Precision.BFloat16;
}
