using static TorchSharp.torch;

namespace RhoLoss.Selection.Gate;

/// <summary>
/// How useful the points of a window are to the target, by two readings of what the irreducible-loss model says of their labels. p_IL · (1
/// − p_t) takes the probability of the label for the probability that it is right. That is what a model that knows D well says; one that
/// knows little gives right labels low probabilities too, and what it finds plausible is merely easy. The other reading takes a label to be
/// right with probability 1 − η/p_IL, η being the floor of p_IL over D, and asks for right labels that are not learnt yet or, since a
/// wrong label does harm however much is learnt, for right labels at all. A choice counts by the reading that speaks less for it.
/// </summary>
/// <remarks>
/// With labels of K classes drawn anew with probability ε, p(y|x) is the probability of being drawn anew as y, ε/K, plus that of a label
/// that stayed; so of the labels y at x the share 1 − (ε/K)/p(y|x) stayed. η estimates ε/K.
/// </remarks>
internal sealed class WindowUsefulness
{
    private const double FloorQuantile = 0.05;   // the minimum would be one point's error
    private readonly Tensor _plausible;
    private readonly Tensor _right;
    private readonly Tensor _rightUnlearnt;

    /// <param name="window">Points of D, scored by the target.</param>
    /// <param name="floor">η, from <see cref="Floor"/>.</param>
    public WindowUsefulness(Candidates window, double floor)
    {
        Tensor unlearnt = Scalars.Difference(Scalars.One, (-window.Loss).exp()), probability = (-window.IrreducibleLoss).exp();
        _plausible = probability * unlearnt;
        _right = Scalars.Difference(Scalars.One, probability.reciprocal().mul(Scalars.Of(floor))).clamp(min: Scalars.Zero);
        _rightUnlearnt = _right * unlearnt;
    }

    /// <summary>η: the 5 % quantile of p_IL, and 1/K at most, which it is when every label is drawn anew.</summary>
    /// <param name="irreducibleLoss">Of all of D, shape [n].</param>
    /// <param name="classes">K.</param>
    public static double Floor(Tensor irreducibleLoss, int classes)
    {
        using DisposeScope scope = NewDisposeScope();
        long n = irreducibleLoss.shape[0], rank = Math.Max(1, (long)Math.Ceiling((1 - FloorQuantile) * n));
        return Math.Min(Math.Exp(-Scalars.ToDouble(irreducibleLoss.kthvalue(rank, 0).values)), 1.0 / classes);
    }

    /// <summary>p_IL · (1 − p_t), the score that selection ranks by, shape [n].</summary>
    public Tensor Score => _plausible;

    /// <summary>Mean usefulness of these positions over the window's mean; 1 where nothing is useful.</summary>
    public double Of(Tensor positions) =>
        Math.Min(Ratio(_plausible, positions), Math.Max(Ratio(_rightUnlearnt, positions), Ratio(_right, positions)));

    private static double Ratio(Tensor usefulness, Tensor positions)
    {
        double mean = Scalars.ToDouble(usefulness.mean());
        return mean > 0 ? Scalars.ToDouble(usefulness.index_select(0, positions).mean()) / mean : 1;
    }

    /// <summary>Refuses softened losses: e^−loss is then no probability.</summary>
    /// <exception cref="ArgumentException">They are at another temperature than 1.</exception>
    public static void RequireProbabilities(IrreducibleLosses irreducibleLosses)
    {
        if (irreducibleLosses.Facts.Temperature == 1) { return; }
        throw new ArgumentException(
            "A gate reads irreducible losses as probabilities, so their temperature must be 1, "
            + FormattableString.Invariant($"but is {irreducibleLosses.Facts.Temperature}. ")
            + "Compute them with HoldoutTrainingOptions.Temperature = 1.", nameof(irreducibleLosses));
    }
}
