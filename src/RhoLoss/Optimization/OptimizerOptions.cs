namespace RhoLoss.Optimization;

/// <summary>An optimizer with every hyperparameter explicit.</summary>
public abstract record OptimizerOptions
{
    /// <summary>Step size; positive.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>An optimizer for these parameters, not owned by it.</summary>
    /// <param name="parameters">The parameters, with gradients.</param>
    /// <param name="threads">Threads that share a step; the result is the same to the bit for any number.</param>
    public abstract Optimizer CreateFor(FlatParameters parameters, int threads = 1);
}
