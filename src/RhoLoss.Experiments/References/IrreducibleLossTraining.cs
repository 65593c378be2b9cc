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

/// <summary>Trains the irreducible-loss model of a recipe, or the two of a cross-fit, or takes one that is there.</summary>
internal static class IrreducibleLossTraining
{
    /// <summary>Trains on the holdout, or cross-fits, or reads the model of an earlier run.</summary>
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
        if (data.Holdout is null && reference.NeedsHoldout) { throw IrreducibleLossSource.None(recipe); }
        Architecture architecture = IrreducibleLossName.ArchitectureOf(recipe);
        HoldoutTrainingOptions options = OptionsOf(recipe, data, architecture) with
        {
            Architecture = reference.Trains ? architecture.Title : $"{architecture.Title} with the weights of {PreviousRun.FileOf(recipe)}",
            Settings = IrreducibleLossSettings.Of(recipe),
            StatePath = statePath,
        };
        if (File.Exists(statePath) || File.Exists(statePath + ".0"))
        {
            report(new RunEvent.Stage("the irreducible-loss training that was stopped goes on"));
        }
        if (reference.Trains)
        {
            new ThreadChoice(architecture, options.Format, options.BatchSize, Scored: 0).Put(recipe, data.Training, report, cancellation);
            options = options with { OptimizerThreads = TorchSharp.torch.get_num_threads() };
        }
        else { report(new RunEvent.Stage($"irreducible losses are computed by {options.Architecture}")); }
        if (!reference.NeedsHoldout && data.Holdout is { } unused && !recipe.Arms.Any(arm => arm.Method.NeedsHoldout))
        {
            report(new RunEvent.Notice(string.Create(CultureInfo.InvariantCulture,
                $"The {reference.Name} needs no holdout, so its {Counted.Of(unused.Count, "example stays", "examples stay")} "
                + $"unused. Set data.holdout-fraction = 0 to train on them too.")));
        }
        return reference.Make(
            new ReferenceParts(data.Training, data.Holdout, Create, options, OnEpoch, keep), cancellation);
        nn.Module<Tensor, Tensor> Create(int part) => reference.Trains
            ? architecture.Create(data.Training, Seeding.Mix(section.Seed, 200 + part)) : PreviousRun.Load(recipe, data.Training, report);
        void OnEpoch(int? part, HoldoutEpoch epoch) => report(new PreparationEvent.HoldoutEpochDone(part, epoch, section.Epochs));
    }

    /// <summary>How a model of section <c>irreducible-loss</c> trains on these data.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">Its data.</param>
    /// <param name="architecture">The network.</param>
    public static HoldoutTrainingOptions OptionsOf(Recipe recipe, ExperimentData data, Architecture architecture)
    {
        IrreducibleLossSection section = recipe.IrreducibleLoss;
        return new HoldoutTrainingOptions
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
        };
    }
}
