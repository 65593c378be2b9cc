using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Recipes;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Running;

/// <summary>
/// The data of a recipe, made once and shared by the IL model, every method and every seed: split, corrupted, on the device.
/// </summary>
public sealed class ExperimentData : IDisposable
{
    private ExperimentData(DatasetSplits splits, LabeledDataset training, LabeledDataset holdout, LabeledDataset test, Func<long, Augmentation>? augmentation)
    {
        Name = splits.Name;
        Source = splits.Source;
        Training = training;
        Holdout = holdout;
        Test = test;
        Augmentation = augmentation;
    }

    /// <summary>Name of the set.</summary>
    public string Name { get; }

    /// <summary>Where it came from and how it was split, in words.</summary>
    public string Source { get; }

    /// <summary>D, with the labels that are trained on.</summary>
    public LabeledDataset Training { get; }

    /// <summary>D_ho, corrupted too if the recipe says so.</summary>
    public LabeledDataset Holdout { get; }

    /// <summary>The clean test set.</summary>
    public LabeledDataset Test { get; }

    /// <summary>Makes the augmentation from a seed; null for none.</summary>
    public Func<long, Augmentation>? Augmentation { get; }

    /// <summary>Loads, corrupts and places the data of a recipe.</summary>
    /// <exception cref="InvalidInputException">Data or device are not there, or the files are damaged.</exception>
    public static ExperimentData Load(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Device device = Devices.Find(recipe.Machine.Device);
        string? directory = recipe.Data.Directory.Length == 0 ? null : recipe.Data.Directory;
        using DatasetSplits splits = KnownDatasets.Load(recipe.Data.Set, new DatasetOptions(directory, recipe.Data.HoldoutFraction, recipe.Data.SplitSeed));
        using LabeledDataset training = Corrupt(splits.Training, recipe.Noise, stream: 0, enabled: true);
        using LabeledDataset holdout = Corrupt(splits.Holdout, recipe.Noise, stream: 1, enabled: recipe.Noise.Holdout);
        bool augment = recipe.Data.Augment == "crop-flip" || (recipe.Data.Augment == "auto" && splits.AugmentByDefault);
        return new ExperimentData(splits, training.To(device), holdout.To(device), splits.Test.To(device), augment ? seed => new CropAndFlip(padding: 4, seed) : null);
    }

    private static LabeledDataset Corrupt(LabeledDataset data, NoiseSection noise, long stream, bool enabled) =>
        noise.Kind == "uniform" && enabled ? LabelNoise.Uniform(data, noise.Fraction, Seeding.Mix(noise.Seed, stream)) : data.WithLabels(data.Labels.alias());

    /// <summary>Frees the three sets.</summary>
    public void Dispose()
    {
        Training.Dispose();
        Holdout.Dispose();
        Test.Dispose();
    }
}
