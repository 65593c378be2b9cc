namespace RhoLoss.Optimization;

/// <summary>AdamW with every hyperparameter explicit; the defaults are PyTorch's, which the paper uses for vision (App. B).</summary>
/// <remarks>TorchSharp's own default weight decay is 0, PyTorch's 0.01.</remarks>
public sealed record AdamWOptions : OptimizerOptions
{
    /// <summary>Decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment; positive.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay on all parameters; at least 0.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <inheritdoc/>
    public override Optimizer CreateFor(FlatParameters parameters, int threads = 1) => new FusedAdamW(parameters, this, threads);
}
