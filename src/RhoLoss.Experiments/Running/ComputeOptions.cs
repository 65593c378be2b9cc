using RhoLoss.Experiments.Recipes;
using RhoLoss.Optimization;

namespace RhoLoss.Experiments.Running;

/// <summary>The optimizer and the format of computation that a recipe asks for.</summary>
internal static class ComputeOptions
{
    /// <summary>Section <c>optimizer</c>.</summary>
    public static OptimizerOptions OptimizerOf(Recipe recipe)
    {
        OptimizerSection o = recipe.Optimizer;
        return o.Name switch
        {
            "sgd" => new SgdOptions { LearningRate = o.LearningRate, Momentum = o.Momentum, WeightDecay = o.WeightDecay },
            _ => new AdamWOptions { LearningRate = o.LearningRate, Beta1 = o.Beta1, Beta2 = o.Beta2, Epsilon = o.Epsilon, WeightDecay = o.WeightDecay },
        };
    }

    /// <summary>Keys <c>training.precision</c> and <c>training.channels-last</c>.</summary>
    public static ComputeFormat FormatOf(Recipe recipe) => new()
    {
        Precision = recipe.Training.Precision == "bfloat16" ? Precision.BFloat16 : Precision.Float32,
        ChannelsLast = recipe.Training.ChannelsLast,
    };
}
