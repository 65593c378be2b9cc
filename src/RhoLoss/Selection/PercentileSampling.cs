using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Selective backpropagation (Jiang et al., 2019): k candidates drawn without replacement, each next one in proportion to the
/// percentile of its score among the candidates, raised to a power. Unweighted, as there.
/// </summary>
/// <param name="Power">At least 0; null is n / k − 1 for k of n candidates, so that keeping half of them means a power of 1.</param>
public sealed record PercentileSampling(double? Power = null) : Drawing
{
    /// <inheritdoc/>
    public override Drawn Draw(Tensor scores, int count, Generator random)
    {
        ArgumentNullException.ThrowIfNull(scores);
        double power = Power ?? (double)scores.shape[0] / count - 1;
        return new Drawn(SuccessiveDraws.Of(LogPercentiles(scores).mul_(Scalars.Of(power)), count, random));
    }

    /// <summary>log of each score's percentile (rank + ½)/n, of equals the earlier position higher.</summary>
    private static Tensor LogPercentiles(Tensor scores)
    {
        Tensor order = sort(scores, descending: true, stable: true).indices;
        long n = scores.shape[0];
        Tensor percentile = Scalars.Difference(Scalars.Of(n - 0.5), Scalars.Range(n, float64, scores.device)).div_(Scalars.Of(n));
        return zeros_like(percentile).index_copy_(0, order, percentile).log_();
    }

    /// <inheritdoc/>
    public override void Validate() => Require(Power is null or >= 0, "PercentileSampling.Power must be at least 0", Power ?? 0);
}
