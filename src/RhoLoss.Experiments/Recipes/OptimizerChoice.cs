namespace RhoLoss.Experiments.Recipes;

/// <summary>The optimizer of the target: <c>optimizer.name</c>.</summary>
public enum OptimizerChoice
{
    /// <summary>AdamW.</summary>
    AdamW,

    /// <summary>SGD with momentum.</summary>
    Sgd,
}
