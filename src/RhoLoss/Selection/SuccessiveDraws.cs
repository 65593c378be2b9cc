using RhoLoss.Accelerators;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>Draws without replacement, each next one in proportion to its weight.</summary>
internal static class SuccessiveDraws
{
    /// <summary>
    /// Positions of the k drawn. log w + Gumbel noise: the k largest are k draws without replacement in proportion to w
    /// (Efraimidis and Spirakis, 2006; Kool et al., 2019).
    /// </summary>
    /// <param name="logWeights">Shape [n].</param>
    /// <param name="count">k.</param>
    /// <param name="random">Of the host.</param>
    public static Tensor Of(Tensor logWeights, int count, Generator random)
    {
        Tensor uniform = rand(logWeights.shape[0], generator: random, dtype: float64).clamp_(min: Scalars.Of(double.Epsilon));
        Tensor keys = logWeights.to(float64) - Transfer.To(uniform, logWeights.device).log().neg_().log_();
        return TopScores.Largest(keys, count);
    }
}
