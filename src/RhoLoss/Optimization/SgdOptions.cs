namespace RhoLoss.Optimization;

/// <summary>
/// Stochastic gradient descent with PyTorch's semantics: weight decay is added to the gradient, momentum is not dampened.
/// </summary>
public sealed record SgdOptions : OptimizerOptions
{
    /// <summary>μ, share of the last update's direction that stays; at least 0.</summary>
    public double Momentum { get; init; }

    /// <summary>λ, added to the gradient as λ·w; at least 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Look ahead along the momentum; needs <see cref="Momentum"/> above 0.</summary>
    public bool Nesterov { get; init; }

    /// <inheritdoc/>
    public override Optimizer CreateFor(FlatParameters parameters, int threads = 1) => new FusedSgd(parameters, this, threads);
}
