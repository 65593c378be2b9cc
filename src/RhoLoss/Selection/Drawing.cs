namespace RhoLoss.Selection;

/// <summary>How scores become a batch: the largest, or a random draw that prefers large ones.</summary>
public abstract record Drawing
{
    private protected Drawing() { }

    /// <summary>Refuses values out of range.</summary>
    internal virtual void Validate() { }

    private protected static void Require(bool holds, string rule, double value)
    {
        if (!holds) { throw new ArgumentException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{rule}, but was {value}.")); }
    }
}

/// <summary>The k largest scores; of equal scores the earlier position in B_t wins.</summary>
public sealed record TopScores : Drawing;

/// <summary>
/// k candidates drawn with replacement in proportion to their scores, weighted by 1 / (n_B · p_i) so that the weighted mean loss
/// is an unbiased estimate of the mean loss of B_t (Katharopoulos and Fleuret, 2018, Algorithm 1).
/// </summary>
/// <param name="OnlyWhenItPays">
/// The variance-reduction switch of that algorithm: sample by importance only while the smoothed τ = √(n Σ p_i²) exceeds
/// <paramref name="Threshold"/>; otherwise draw k uniformly, unweighted, and score only those k, to keep τ current.
/// </param>
/// <param name="Threshold">τ_th; <c>null</c> is (n_B + 3 n_b) / (3 n_b), where the saved variance pays for the scoring pass.</param>
/// <param name="Smoothing">Weight a_τ of the old τ in its moving average, from 0 to below 1.</param>
public sealed record ImportanceSampling(bool OnlyWhenItPays = false, double? Threshold = null, double Smoothing = 0.9) : Drawing
{
    internal override void Validate() => Require(Smoothing >= 0 && Smoothing < 1, "ImportanceSampling.Smoothing must be at least 0 and below 1", Smoothing);
}

/// <summary>
/// k candidates drawn without replacement, each next one in proportion to score^<paramref name="Exponent"/>, unweighted. A softer choice than
/// the largest k: an exponent of 0 is uniform, a large one approaches <see cref="TopScores"/>. Scores must not be negative.
/// </summary>
/// <param name="Exponent">At least 0.</param>
public sealed record ProportionalSampling(double Exponent = 1) : Drawing
{
    internal override void Validate() => Require(Exponent >= 0 && double.IsFinite(Exponent), "ProportionalSampling.Exponent must be a number of at least 0", Exponent);
}

/// <summary>
/// Selective backpropagation (Jiang et al., 2019): k candidates drawn without replacement, each next one in proportion to the
/// percentile of its score among the candidates, raised to a power. Unweighted, as there.
/// </summary>
/// <param name="Power">At least 0; null is n_B / n_b − 1, so that keeping half of the candidates means a power of 1.</param>
public sealed record PercentileSampling(double? Power = null) : Drawing
{
    internal override void Validate() => Require(Power is null or >= 0, "PercentileSampling.Power must be at least 0", Power ?? 0);
}
