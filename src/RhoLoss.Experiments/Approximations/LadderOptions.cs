using RhoLoss.Experiments.Networks;
using RhoLoss.Optimization;

namespace RhoLoss.Experiments.Approximations;

/// <summary>How the approximations of Section 4.1 are compared. The defaults are the paper's (App. E).</summary>
public sealed record LadderOptions
{
    /// <summary>Target and IL model of all approximations but the last: an MLP of three hidden layers of 512.</summary>
    public Architecture Model { get; init; } = new("mlp", [512, 512, 512]);

    /// <summary>IL model of Approximation 3, with 256 hidden units.</summary>
    public Architecture SmallModel { get; init; } = new("mlp", [256, 256, 256]);

    /// <summary>n_B; 1000 in the paper.</summary>
    public int LargeBatchSize { get; init; } = 1000;

    /// <summary>Share of a large batch that is acquired.</summary>
    public double Share { get; init; } = 0.1;

    /// <summary>Networks of the deep ensemble of Approximation 0.</summary>
    public int EnsembleSize { get; init; } = 5;

    /// <summary>Epochs at most in which a model is trained to convergence after each acquisition.</summary>
    public int ConvergenceEpochs { get; init; } = 5;

    /// <summary>Relative fall of an epoch's loss below which a model has converged.</summary>
    public double ConvergenceTolerance { get; init; } = 0.01;

    /// <summary>Examples of a gradient step while training to convergence.</summary>
    public int BatchSize { get; init; } = 100;

    /// <summary>
    /// Gradient steps that Approximations 1b, 2 and 3 take, on as many large batches of five-fold data,
    /// while Approximation 0 takes one time step.
    /// </summary>
    public int StepsPerTimeStep { get; init; } = 5;

    /// <summary>
    /// Learning rate of an IL model's single steps over the target's: 0.01, as for the original selection function. With 1 the IL model
    /// forgets the holdout within the first epoch, and 1b agrees less with Approximation 0 than 2 does (docs/results/paper.md).
    /// </summary>
    public double IrreducibleLossStepFactor { get; init; } = 0.01;

    /// <summary>Epochs at most of the IL models on the holdout before the first step.</summary>
    public int HoldoutEpochs { get; init; } = 20;

    /// <summary>Epochs without a lower loss on D after which that training stops.</summary>
    public int HoldoutPatience { get; init; } = 3;

    /// <summary>Time steps at most; 0 for the first epoch, as in the paper.</summary>
    public int TimeSteps { get; init; }

    /// <summary>The optimizer of every model.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamWOptions();

    /// <summary>Seed of orders and initialisations.</summary>
    public long Seed { get; init; }
}
