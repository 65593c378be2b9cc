using RhoLoss.Experiments.Recipes;
using RhoLoss.Selection;

namespace RhoLoss.Experiments.Running;

/// <summary>What a method's name stands for: a selection function and a way to draw from its scores.</summary>
/// <param name="Score">The selection function.</param>
/// <param name="Options">Mode, policy and drawing; batch sizes and seed are the trainer's.</param>
public sealed record SelectionMethod(SelectionFunction Score, BatchSelectorOptions Options)
{
    /// <summary>The method of that name with the scoring section of a recipe.</summary>
    public static SelectionMethod Find(string name, ScoringSection scoring)
    {
        ArgumentNullException.ThrowIfNull(scoring);
        var options = new BatchSelectorOptions
        {
            Mode = scoring.Mode == "eval" ? ScoringMode.Eval : ScoringMode.Train,
            RunningStatistics = scoring.RunningStatistics == "update" ? RunningStatistics.Update : RunningStatistics.Preserve,
        };
        return name switch
        {
            Methods.RhoLoss => new(SelectionFunctions.ReducibleHoldoutLoss, options),
            Methods.Uniform => new(SelectionFunctions.Uniform, options),
            Methods.TrainLoss => new(SelectionFunctions.TrainLoss, options),
            Methods.GradientNorm => new(SelectionFunctions.GradientNorm, options),
            Methods.GradientNormImportanceSampling =>
                new(SelectionFunctions.GradientNorm, options with { Drawing = new ImportanceSampling(OnlyWhenItPays: scoring.VarianceReduction) }),
            Methods.NegativeIrreducibleLoss => new(SelectionFunctions.NegativeIrreducibleLoss, options),
            _ => throw new InvalidInputException($"There is no method '{name}'. Known are {string.Join(", ", Methods.All)}."),
        };
    }
}
