using RhoLoss.Experiments.Recipes;
using RhoLoss.Selection;

namespace RhoLoss.Experiments.Running;

/// <summary>What a method's name stands for: a selection function and a way to draw from its scores.</summary>
/// <param name="Score">The selection function.</param>
/// <param name="Drawing">How scores become a batch.</param>
public sealed record SelectionMethod(SelectionFunction Score, Drawing Drawing)
{
    /// <summary>The method of that name with the scoring section of a recipe.</summary>
    public static SelectionMethod Find(string name, ScoringSection scoring)
    {
        ArgumentNullException.ThrowIfNull(scoring);
        return name switch
        {
            Methods.RhoLoss or Methods.OriginalRho => Largest(SelectionFunctions.ReducibleHoldoutLoss),
            Methods.Uniform or Methods.Rs2 or Methods.InfoBatch or Methods.Svp => Largest(SelectionFunctions.Uniform),
            Methods.TrainLoss => Largest(SelectionFunctions.TrainLoss),
            Methods.GradientNorm => Largest(SelectionFunctions.GradientNorm),
            Methods.GradientNormImportanceSampling =>
                new(SelectionFunctions.GradientNorm, new ImportanceSampling(OnlyWhenItPays: scoring.VarianceReduction)),
            Methods.NegativeIrreducibleLoss => Largest(SelectionFunctions.NegativeIrreducibleLoss),
            Methods.Learnability or Methods.Auto => Largest(BoundedScores.Learnability),
            Methods.SampledLearnability => new(BoundedScores.Learnability, new ProportionalSampling(scoring.Exponent)),
            Methods.TemperedLearnability =>
                Largest(BoundedScores.TemperedLearnability(scoring.IrreducibleExponent, scoring.TargetExponent)),
            Methods.SmoothedLearnability => Largest(BoundedScores.SmoothedLearnability(scoring.Smoothing)),
            Methods.ProbabilityGap => Largest(BoundedScores.ProbabilityGap),
            Methods.FilterUniform => Largest(BoundedScores.FilterThenUniform(scoring.Filter)),
            Methods.Bald => Largest(UncertaintyScores.Bald(scoring.DropoutPasses)),
            Methods.ConditionalEntropy => Largest(UncertaintyScores.ConditionalEntropy(scoring.DropoutPasses)),
            Methods.PredictiveEntropy => Largest(UncertaintyScores.PredictiveEntropy(scoring.DropoutPasses)),
            Methods.LossMinusConditionalEntropy => Largest(UncertaintyScores.LossMinusConditionalEntropy(scoring.DropoutPasses)),
            Methods.SelectiveBackprop => new(SelectionFunctions.TrainLoss, new PercentileSampling()),
            _ => throw new InvalidInputException($"There is no method '{name}'. Known are {string.Join(", ", Methods.All)}."),
        };
    }

    private static SelectionMethod Largest(SelectionFunction score) => new(score, new TopScores());
}
