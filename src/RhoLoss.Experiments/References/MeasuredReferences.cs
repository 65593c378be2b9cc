using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.References;

/// <summary>
/// What the references of a run are and cost, and how good each is as a model of its own: what selection by it has to beat. That takes a
/// pass over the test set, which no arm is charged for.
/// </summary>
internal static class MeasuredReferences
{
    /// <summary>The irreducible losses, where there are any, and the n-grams of the holdout of each order that a method counts.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="methods">Names of the arms.</param>
    /// <param name="data">Data of the recipe.</param>
    /// <param name="losses">What the arms were given; null where none needs them.</param>
    public static IReadOnlyList<ReferenceSummary> Of(
        Recipe recipe, IEnumerable<string> methods, ExperimentData data, IrreducibleLosses? losses) =>
    [
        .. losses is null ? [] : new[] { OfLosses(recipe, data, losses) },
        .. RecipeArm.Parse(methods).Select(arm => arm.Method.NGrams).OfType<NGramParameters>()
            .Select(counted => (int)recipe.Scoring.Of(counted.Order)).Distinct().Select(order => OfNGrams(recipe, data, order)),
    ];

    private static ReferenceSummary OfLosses(Recipe recipe, ExperimentData data, IrreducibleLosses losses) => new(
        ReferenceTable.KindOf(losses.Facts), losses.Facts.Seconds,
        recipe.Metric.Name switch
        {
            Metric.Accuracy => losses.Facts.KnownAccuracy,
            Metric.Loss => losses.Facts.Loss,
            _ => null,
        },
        Test: TestOf(recipe, data, losses), File: FileOf(recipe, losses));

    private static bool IsOfPreviousRun(IrreducibleLosses losses) => losses.Facts.Source == ReferenceTable.PreviousRun.Name;

    /// <summary>The weights of an earlier run that the losses are of; null where they are others, or are no longer there.</summary>
    private static string? FileOf(Recipe recipe, IrreducibleLosses losses)
    {
        try
        {
            bool same = IsOfPreviousRun(losses) && losses.Facts.Settings == IrreducibleLossSettings.Of(recipe);
            return same ? PreviousRun.FileOf(recipe) : null;
        }
        catch (InvalidInputException)   // of a folder that has no checkpoint any more
        {
            return null;
        }
    }

    /// <summary>The model that the losses are of, which an earlier run left or which lies beside them; null where there is none.</summary>
    private static TestedReference? TestOf(Recipe recipe, ExperimentData data, IrreducibleLosses losses)
    {
        if (IsOfPreviousRun(losses) ? FileOf(recipe, losses) is null
            : losses.Fingerprint is null || !recipe.IrreducibleLoss.Reference.KeepsModel
                || !IrreducibleLossFile.IsModelOf(losses, IrreducibleLossFile.ModelPathFor(recipe, losses)))
        {
            return null;
        }
        try
        {
            using nn.Module<Tensor, Tensor> model = IsOfPreviousRun(losses) ? PreviousRun.Load(recipe, data.Training)
                : IrreducibleLossFile.LoadModel(recipe, data.Training, losses);
            return Tested(recipe, Evaluator.Evaluate(model, data.Test, data.Objective));
        }
        catch (InvalidInputException)   // of a file that does not say its settings, and is of another network
        {
            return null;
        }
    }

    private static ReferenceSummary OfNGrams(Recipe recipe, ExperimentData data, int order)
    {
        using IDisposable scope = NewDisposeScope();
        using NGramReference reference = NGramReference.Of(data.Holdout!, order);
        var found = new EvaluatedExamples(reference.LossesOf(data.Test), Correct: null, data.Test.Labels, data.Test.Classes)
        {
            Objective = data.Objective,
            TextBytes = data.Test.TextBytes,
        };
        return new ReferenceSummary(
            reference.Facts.Source, reference.Facts.Seconds, Metric: null, order, Tested(recipe, Evaluation.Of(found)));
    }

    private static TestedReference? Tested(Recipe recipe, Evaluation found) =>
        found.Metrics.GetValueOrDefault(recipe.Metric.Name) is { } value && double.IsFinite(value)
            ? new TestedReference(recipe.Metric.NameInPoints, value) : null;
}
