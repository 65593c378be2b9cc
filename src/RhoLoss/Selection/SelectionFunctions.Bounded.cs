using static TorchSharp.torch;

namespace RhoLoss.Selection;

// Scores that are products or differences of probabilities instead of logarithms. The difference of two losses is unbounded, so under
// heavy label noise it is led by how strongly the two models disagree on wrong labels; these are bounded in both models and are not.
// Not in the paper. p_t = exp(−L[y|x; D_t]) and p_IL = exp(−L[y|x; D_ho]).
public static partial class SelectionFunctions
{
    /// <summary>p_IL · (1 − p_t), in [0, 1]: likely to be right by the holdout model, and not learnt yet.</summary>
    public static Tensor Learnability(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        return (-candidates.IrreducibleLoss).exp() * OneMinus((-candidates.Loss).exp());
    }

    /// <summary>
    /// p_IL^a · (1 − p_t)^b. An <paramref name="irreducible"/> exponent a below 1 trusts the IL model less, above 1 more; a
    /// <paramref name="target"/> exponent b below 1 flattens the preference for what is least learnt.
    /// </summary>
    public static SelectionFunction TemperedLearnability(double irreducible, double target) => candidates =>
        candidates.IrreducibleLoss.mul(Scalars.Of(-irreducible)).exp()
            * OneMinus((-candidates.Loss).exp()).clamp(min: Scalars.Zero).pow(Scalars.Of(target));

    /// <summary>
    /// (p_IL + s) · (1 − p_t) / (1 + s): as if the IL model were mixed with one that believes every
    /// label, so that what it finds hard is not lost.
    /// </summary>
    public static SelectionFunction SmoothedLearnability(double smoothing) => candidates =>
        ((-candidates.IrreducibleLoss).exp().add(Scalars.Of(smoothing), Scalars.One) * OneMinus((-candidates.Loss).exp()))
            .div(Scalars.Of(1 + smoothing));

    /// <summary>p_IL − p_t, in [−1, 1]: the reducible holdout loss with probabilities in place of their logarithms.</summary>
    public static Tensor ProbabilityGap(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        return (-candidates.IrreducibleLoss).exp() - (-candidates.Loss).exp();
    }

    /// <summary>
    /// Filter, then uniform: random numbers, plus one for candidates whose irreducible loss is at most <paramref name="highest"/> nats.
    /// Candidates that pass come first, in random order; the others only fill what is left. Needs no forward pass.
    /// </summary>
    public static SelectionFunction FilterThenUniform(double highest) => candidates =>
        Scalars.Sum(candidates.Random(), candidates.IrreducibleLoss.le(Scalars.Of(highest)).to(float32));

    private static Tensor OneMinus(Tensor probabilities) => Scalars.Difference(Scalars.One, probabilities);
}
