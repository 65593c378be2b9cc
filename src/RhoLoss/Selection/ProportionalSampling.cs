using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// k candidates drawn without replacement, each next one in proportion to score^<paramref name="Exponent"/>, unweighted. A softer choice
/// than the largest k: an exponent of 0 is uniform, a large one approaches <see cref="TopScores"/>. Scores must not be negative.
/// </summary>
/// <param name="Exponent">At least 0.</param>
public sealed record ProportionalSampling(double Exponent = 1) : Drawing
{
    private const double Least = 1e-30;   // a weight of zero comes last, but still comes

    /// <inheritdoc/>
    public override Drawn Draw(Tensor scores, int count, Generator random)
    {
        ArgumentNullException.ThrowIfNull(scores);
        RequireNotNegative(scores, nameof(ProportionalSampling));
        Tensor logWeights = scores.to(float64).clamp(min: Scalars.Of(Least)).log().mul_(Scalars.Of(Exponent));
        return new Drawn(SuccessiveDraws.Of(logWeights, count, random));
    }

    /// <inheritdoc/>
    public override void Validate() =>
        Require(Exponent >= 0 && double.IsFinite(Exponent), "ProportionalSampling.Exponent must be a number of at least 0", Exponent);
}
