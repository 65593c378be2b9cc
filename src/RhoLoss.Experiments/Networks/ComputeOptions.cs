using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Networks;

/// <summary>The optimizer and the format of computation that a recipe asks for.</summary>
internal static class ComputeOptions
{
    /// <summary>Section <c>optimizer</c>.</summary>
    public static OptimizerOptions OptimizerOf(Recipe recipe)
    {
        OptimizerSection o = recipe.Optimizer;
        return o.Name switch
        {
            OptimizerChoice.Sgd => new SgdOptions { LearningRate = o.LearningRate, Momentum = o.Momentum, WeightDecay = o.WeightDecay },
            _ => new AdamWOptions
            {
                LearningRate = o.LearningRate,
                Beta1 = o.Beta1,
                Beta2 = o.Beta2,
                Epsilon = o.Epsilon,
                WeightDecay = o.WeightDecay,
            },
        };
    }

    /// <summary>Key <c>optimizer.clip-norm</c>; null where gradients are left as they are.</summary>
    public static double? ClipNormOf(Recipe recipe) => recipe.Optimizer.ClipNorm is > 0 and var highest ? highest : null;

    /// <summary>Key <c>optimizer.schedule</c>.</summary>
    public static LearningRateSchedule ScheduleOf(Recipe recipe) => recipe.Optimizer.Schedule switch
    {
        ScheduleChoice.Linear => LearningRateSchedule.WarmupLinear(recipe.Optimizer.Warmup),
        ScheduleChoice.Cosine => LearningRateSchedule.WarmupCosine(recipe.Optimizer.Warmup),
        _ => LearningRateSchedule.Constant,
    };

    /// <summary>
    /// Format of a small network that only ranks, a proxy or an IL model in training: keys <c>scoring.proxy-precision</c> and
    /// <c>irreducible-loss.precision</c>. Ranks need few digits, and small convolutions gain most from bfloat16 and channels-last (5.7 ×
    /// measured); an MLP gains nothing, and convolutions that are held to SSE 4.1 lose. All of that was measured on processors: on another
    /// device <c>auto</c> is float32.
    /// </summary>
    public static ComputeFormat SmallModelFormatOf(
        Architecture model, PrecisionChoice precision = PrecisionChoice.Auto, string device = "cpu")
    {
        bool gains = device == "cpu" && model.Kind.GainsFromBFloat16 && NativeConvolutions.Path != ConvolutionPath.OneDnnSse41;
        return precision == PrecisionChoice.BFloat16 || (precision == PrecisionChoice.Auto && gains)
            ? new ComputeFormat { Precision = Precision.BFloat16, ChannelsLast = true }
            : ComputeFormat.Default;
    }

    /// <summary>Keys <c>training.precision</c> and <c>training.channels-last</c>.</summary>
    public static ComputeFormat FormatOf(Recipe recipe) => new()
    {
        Precision = recipe.Training.Precision,
        ChannelsLast = recipe.Training.ChannelsLast,
    };
}
