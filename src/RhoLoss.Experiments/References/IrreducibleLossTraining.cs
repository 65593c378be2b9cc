using System.Globalization;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Logging;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.References;

/// <summary>Trains the irreducible-loss model of a recipe, or the two of a cross-fit.</summary>
internal static class IrreducibleLossTraining
{
    /// <summary>Losses could come from nowhere.</summary>
    public static InvalidInputException NoSource(Recipe recipe) => new(
        $"Recipe {recipe.Name}: data.holdout-fraction must be above 0 where a method needs irreducible losses and "
        + "irreducible-loss.cross-fit is false, but is 0.0. "
        + "Set irreducible-loss.cross-fit = true, or data.holdout-fraction = 0.5, or train methods without irreducible losses only.");

    /// <summary>Trains on the holdout, or cross-fits.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">Its data.</param>
    /// <param name="statePath">Where the training is kept after every epoch, so that it goes on there after a stop.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="keep">Told of the one model that was trained on a holdout, and of its losses.</param>
    /// <param name="cancellation">Stops between steps; what the last whole epoch gave is kept.</param>
    /// <returns>The losses. The caller owns them.</returns>
    public static IrreducibleLosses Run(
        Recipe recipe, ExperimentData data, string statePath, Action<RunEvent> report,
        Action<nn.Module<Tensor, Tensor>, IrreducibleLosses> keep,
        CancellationToken cancellation)
    {
        try
        {
            return Train(recipe, data, statePath, report, keep, cancellation);
        }
        catch (NonFiniteLossException e)
        {
            throw new NonFiniteLossException(
                $"The irreducible-loss model: {e.Message} Its learning rate is irreducible-loss.learning-rate.", e);
        }
    }

    private static IrreducibleLosses Train(
        Recipe recipe, ExperimentData data, string statePath, Action<RunEvent> report,
        Action<nn.Module<Tensor, Tensor>, IrreducibleLosses> keep,
        CancellationToken cancellation)
    {
        IrreducibleLossSection section = recipe.IrreducibleLoss;
        ReferenceKind reference = section.Reference;
        if (data.Holdout is null && reference.NeedsHoldout) { throw NoSource(recipe); }
        Architecture architecture = new(section.Model, section.Hidden);
        var options = new HoldoutTrainingOptions
        {
            Objective = data.Objective,
            Epochs = section.Epochs,
            EpochExamples = section.EpochExamples,
            ValidationExamples = section.ValidationExamples,
            Patience = section.Patience,
            BatchSize = section.BatchSize,
            Optimizer = new AdamWOptions { LearningRate = section.LearningRate, WeightDecay = section.WeightDecay },
            Augmentation = data.Augmentation,
            Seed = section.Seed,
            LogitAdjustment = section.LogitAdjustment,
            Temperature = section.Temperature,
            Format = ComputeOptions.SmallModelFormatOf(architecture, section.Precision, recipe.Machine.Device),
            Architecture = architecture.Title,
            Settings = IrreducibleLossSettings.Of(recipe),
            StatePath = statePath,
        };
        if (File.Exists(statePath) || File.Exists(statePath + ".0"))
        {
            report(new RunEvent.Stage("the irreducible-loss training that was stopped goes on"));
        }
        new ThreadChoice(architecture, options.Format, options.BatchSize, Scored: 0).Put(recipe, data.Training, report, cancellation);
        options = options with { OptimizerThreads = TorchSharp.torch.get_num_threads() };
        if (!reference.NeedsHoldout && data.Holdout is { } unused)
        {
            report(new RunEvent.Notice(string.Create(CultureInfo.InvariantCulture,
                $"The {reference.Name} needs no holdout, so its {Counted.Of(unused.Count, "example stays", "examples stay")} "
                + $"unused. Set data.holdout-fraction = 0 to train on them too.")));
        }
        return reference.Make(
            new ReferenceParts(data.Training, data.Holdout, Create, options, OnEpoch, keep), cancellation);
        nn.Module<Tensor, Tensor> Create(int part) => architecture.Create(data.Training, Seeding.Mix(section.Seed, 200 + part));
        void OnEpoch(int? part, HoldoutEpoch epoch) => report(new PreparationEvent.HoldoutEpochDone(part, epoch, section.Epochs));
    }
}
