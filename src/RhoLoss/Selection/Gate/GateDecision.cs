using System.Globalization;

namespace RhoLoss.Selection.Gate;

/// <summary>A decision of an <see cref="AutoSelector"/> with the numbers it was made from.</summary>
/// <param name="Step">Steps taken before it.</param>
/// <param name="Scorer">Scorer from now on; null for uniform.</param>
/// <param name="Share">q from now on; 1 for uniform.</param>
/// <param name="Options">What was weighed, uniform first.</param>
/// <param name="ForwardShare">f: seconds of the target's forward pass of n_b examples over those of a uniform step.</param>
/// <param name="UniformStepSeconds">Seconds of a uniform step, loading included.</param>
/// <param name="LoadSeconds">Of these, seconds to gather the batch.</param>
/// <param name="WindowSeconds">Seconds the window took.</param>
/// <param name="NetSecondsSaved">
/// Estimate of what selection has saved so far against uniform, windows counted; negative when it has lost.
/// </param>
public sealed record GateDecision(
    long Step, string? Scorer, double Share, IReadOnlyList<GateOption> Options, double ForwardShare,
    double UniformStepSeconds, double LoadSeconds, double WindowSeconds, double NetSecondsSaved)
{
    /// <summary>One line: what was chosen, and why.</summary>
    public override string ToString()
    {
        GateOption chosen = Options.First(o => o.Scorer == Scorer && o.Share == Share);
        GateOption? best = Options.Where(o => o.Scorer is not null).MaxBy(o => o.ExpectedSpeedup);
        return Scorer is null
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"uniform: the best selection ({best?.Scorer}, q = {best?.Share:0.##}) would be "
                + $"{best?.ExpectedSpeedup:0.00} × as fast (usefulness {best?.Usefulness:0.00}, cost {best?.Cost:0.00})")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Scorer}, q = {Share:0.##}: usefulness {chosen.Usefulness:0.00}, cost {chosen.Cost:0.00}, "
                + $"expected {chosen.ExpectedSpeedup:0.00} × uniform");
    }
}

/// <summary>A way to select that was weighed.</summary>
/// <param name="Scorer">Name of the scorer; null for uniform.</param>
/// <param name="Share">q.</param>
/// <param name="Usefulness">
/// Mean usefulness of what it would select from the window, over the window's mean, by the more
/// cautious of two readings of p_IL; 1 for uniform.
/// </param>
/// <param name="Cost">C: seconds of a step over those of a uniform step.</param>
/// <param name="RelativeForward">ρ: seconds to score an example over those of the target's forward pass of one; 0 for uniform.</param>
/// <param name="ExpectedSpeedup">usefulness^γ · min(1, 2q)^δ / C, see <see cref="GateOptions"/>.</param>
public sealed record GateOption(
    string? Scorer, double Share, double Usefulness, double Cost, double RelativeForward, double ExpectedSpeedup);
