using RhoLoss.Accelerators;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// k candidates drawn with replacement in proportion to their scores, weighted by 1 / (n_B · p_i) so that the weighted mean loss
/// is an unbiased estimate of the mean loss of B_t (Katharopoulos and Fleuret, 2018, Algorithm 1). Scores must not be negative.
/// </summary>
/// <param name="OnlyWhenItPays">
/// The variance-reduction switch of that algorithm: sample by importance only while the smoothed τ = √(n Σ p_i²) exceeds
/// <paramref name="Threshold"/>; otherwise draw k uniformly, unweighted, and score only those k, to keep τ current.
/// </param>
/// <param name="Threshold">τ_th; <c>null</c> is (n_B + 3 n_b) / (3 n_b), where the saved variance pays for the scoring pass.</param>
/// <param name="Smoothing">Weight a_τ of the old τ in its moving average, from 0 to below 1.</param>
public sealed record ImportanceSampling(bool OnlyWhenItPays = false, double? Threshold = null, double Smoothing = 0.9) : Drawing
{
    /// <inheritdoc/>
    public override Drawn Draw(Tensor scores, int count, Generator random)
    {
        ArgumentNullException.ThrowIfNull(scores);
        Tensor probabilities = Probabilities(scores);
        Tensor positions = Transfer.To(
            probabilities.cpu().multinomial(count, replacement: true, generator: random), scores.device);
        Tensor weights = probabilities.index_select(0, positions).mul_(Scalars.Of(scores.shape[0])).reciprocal_();
        return new Drawn(positions, weights);
    }

    /// <summary>The smoothed τ after these scores.</summary>
    internal double Smoothed(double before, Tensor scores)
    {
        Tensor p = Probabilities(scores);
        // ‖g − u‖² = Σ g² − 1/n for g summing to 1, so (1 − ‖g − u‖² / Σ g²)^(−1/2) = √(n Σ g²).
        double tau = Math.Sqrt(p.shape[0] * p.mul(p).sum().item<float>());
        return Smoothing * before + (1 - Smoothing) * tau;
    }

    private static Tensor Probabilities(Tensor scores)
    {
        RequireNotNegative(scores, "Importance sampling");
        Tensor nonNegative = scores.to(float32);
        double total = nonNegative.sum().item<float>();
        return total > 0 ? nonNegative.div(Scalars.Of(total))
            : full_like(nonNegative, Scalars.Of(1.0 / scores.shape[0]));   // everything learnt: nothing to prefer
    }

    /// <inheritdoc/>
    public override void Validate() =>
        Require(Smoothing >= 0 && Smoothing < 1, "ImportanceSampling.Smoothing must be at least 0 and below 1", Smoothing);
}
