using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Inspection;
using RhoLoss.Logging;
using RhoLoss.Randomness;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.References;

/// <summary>
/// What the irreducible-loss models of a recipe predict for examples of D that they have not seen: models of section
/// <c>irreducible-loss</c>, trained as those of a cross-fit are, one for each fold, and on the holdout besides where there is one.
/// </summary>
internal static class OutOfSampleTraining
{
    /// <summary>Models that are trained.</summary>
    public const int Folds = OutOfSample.DefaultFolds;

    /// <summary>log p(c | x) of each example of the training set, float32, shape [N, C]. The caller's dispose scope owns it.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">Its data.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static Tensor Run(Recipe recipe, ExperimentData data, Action<RunEvent> report, CancellationToken cancellation)
    {
        Architecture architecture = IrreducibleLossName.ArchitectureOf(recipe);
        HoldoutTrainingOptions options = IrreducibleLossTraining.OptionsOf(recipe, data, architecture);
        new ThreadChoice(architecture, options.Format, options.BatchSize, Scored: 0).Put(recipe, data.Training, report, cancellation);
        try
        {
            return OutOfSample.LogProbabilities(
                fold => architecture.Create(data.Training, Seeding.Of(options.Seed, Purpose.Initialization, fold)),
                data.Training, data.Holdout,
                options with { OptimizerThreads = get_num_threads() }, Folds,
                (fold, epoch) => report(new PreparationEvent.FoldEpochDone(fold, Folds, epoch, options.Epochs)), cancellation);
        }
        catch (NonFiniteLossException e)
        {
            throw new NonFiniteLossException(
                $"A model that judges labels: {e.Message} Its learning rate is irreducible-loss.learning-rate.", e);
        }
    }
}
