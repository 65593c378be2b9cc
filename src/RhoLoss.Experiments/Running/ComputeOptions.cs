using RhoLoss.Experiments.Recipes;
using RhoLoss.Optimization;
using RhoLoss.Training;

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

    /// <summary>Key <c>optimizer.schedule</c>.</summary>
    public static LearningRateSchedule ScheduleOf(Recipe recipe) => recipe.Optimizer.Schedule switch
    {
        "linear" => LearningRateSchedule.WarmupLinear(recipe.Optimizer.Warmup),
        "cosine" => LearningRateSchedule.WarmupCosine(recipe.Optimizer.Warmup),
        _ => LearningRateSchedule.Constant,
    };

    /// <summary>
    /// Keys <c>training.steps</c>, <c>training.seconds</c>, else <c>training.epochs</c>. With steps and seconds both, the seconds decide
    /// and the steps are for plans.
    /// </summary>
    public static TrainingBudget BudgetOf(Recipe recipe, double share) => recipe.Training switch
    {
        { Seconds: > 0 and var seconds } => TrainingBudget.OfSeconds(share * seconds),
        { Steps: > 0 and var steps } => TrainingBudget.OfSteps(Math.Max(1, (long)Math.Round(share * steps))),
        _ => TrainingBudget.OfEpochs(EpochsOf(recipe, share)),
    };

    /// <summary>Whole epochs of a run with that share of the budget.</summary>
    public static int EpochsOf(Recipe recipe, double share) => Math.Max(1, (int)Math.Round(share * recipe.Training.Epochs));

    /// <summary>
    /// Format of a small network that only ranks, a proxy or an IL model in training: keys <c>scoring.proxy-precision</c> and
    /// <c>irreducible-loss.precision</c>. Ranks need few digits, and small convolutions gain most from bfloat16 and channels-last (5.7 ×
    /// measured); an MLP gains nothing, and convolutions that are held to SSE 4.1 lose.
    /// </summary>
    public static ComputeFormat SmallModelFormatOf(Architecture model, string precision = "auto")
    {
        bool gains = model.Kind.GainsFromBFloat16 && NativeConvolutions.Path != ConvolutionPath.OneDnnSse41;
        return precision == "bfloat16" || (precision == "auto" && gains)
            ? new ComputeFormat { Precision = Precision.BFloat16, ChannelsLast = true }
            : ComputeFormat.Default;
    }

    /// <summary>Keys <c>training.precision</c> and <c>training.channels-last</c>.</summary>
    public static ComputeFormat FormatOf(Recipe recipe) => new()
    {
        Precision = recipe.Training.Precision == "bfloat16" ? Precision.BFloat16 : Precision.Float32,
        ChannelsLast = recipe.Training.ChannelsLast,
    };
}
