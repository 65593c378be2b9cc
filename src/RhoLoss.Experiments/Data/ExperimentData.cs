using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Data;

/// <summary>
/// The data of a recipe, made once and shared by the IL model, every method and every seed. In this order: split, other
/// labels, relevance, long tail, label noise, copies, device. The holdout gets long tail and, if the recipe says so, noise,
/// but no copies; the test set stays as it is.
/// </summary>
public sealed class ExperimentData : IDisposable
{
    private ExperimentData(
        DatasetSplits splits, string source, LabeledDataset training, LabeledDataset? holdout, LabeledDataset test,
        Func<long, Augmentation>? augmentation)
    {
        Name = splits.Name;
        ClassNames = splits.ClassNames;
        Places = splits.Places;
        Notices = splits.Notices;
        ContentNotices = splits.ContentNotices;
        Source = source;
        LeftOut = splits.LeftOut;
        Training = training;
        Objective = splits.Objective;
        TextOfTokens = splits.TextOfTokens;
        Holdout = holdout;
        Test = test;
        Augmentation = augmentation;
    }

    /// <summary>Name of the set.</summary>
    public string Name { get; }

    /// <summary>Name of each class, in label order; empty when not known.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>
    /// Where each example is in the files, by the id that it was read with, which copies of it do not have; null when not known.
    /// </summary>
    public ExamplePlaces? Places { get; }

    /// <summary>What the user should know about the data although they break no rule: each a sentence or two.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>
    /// The same of what only the content of every file tells; null where there is nothing more. Each file is read once for it and for
    /// fingerprints.
    /// </summary>
    public Func<IReadOnlyList<string>>? ContentNotices { get; }

    /// <summary>Where it came from, how it was split and what was made of it, in words.</summary>
    public string Source { get; }

    /// <summary>What is where the set was read from and is no part of it, in words; none for most sets.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>D, with the labels that are trained on.</summary>
    public LabeledDataset Training { get; }

    /// <summary>D_ho, corrupted too if the recipe says so; null when <c>data.holdout-fraction</c> is 0.</summary>
    public LabeledDataset? Holdout { get; }

    /// <summary>What a model of these data is trained for.</summary>
    public Objective Objective { get; }

    /// <summary>Tokens of a language model as text, and whether they begin it; null where the data are none of its sequences.</summary>
    internal Func<IEnumerable<long>, bool, string>? TextOfTokens { get; }

    /// <summary>The clean test set.</summary>
    public LabeledDataset Test { get; }

    /// <summary>Makes the augmentation from a seed; null for none.</summary>
    public Func<long, Augmentation>? Augmentation { get; }

    /// <summary>Loads, thins out, corrupts, duplicates and places the data of a recipe.</summary>
    /// <exception cref="InvalidInputException">Data or device are not there, or the files are damaged.</exception>
    public static ExperimentData Load(Recipe recipe) => Load(recipe, asRead: null);

    /// <summary>The same, and tells of the parts as they were read, before any label is changed.</summary>
    internal static ExperimentData Load(Recipe recipe, Action<DatasetSplits>? asRead)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Device device = Devices.Find(recipe.Machine.Device);
        using DatasetSplits splits = RecipeSplits.Load(recipe.Data, asRead);
        DataRules.Require(recipe, splits);
        using LabeledDataset cleanTraining = Thin(splits.Training, recipe.Data, stream: 10);
        using LabeledDataset? cleanHoldout = splits.Holdout is null ? null : Thin(splits.Holdout, recipe.Data, stream: 11);
        using RecipeNoise noise = RecipeNoise.For(recipe.Noise, cleanTraining, cleanHoldout);
        using LabeledDataset noisy = noise.Apply(cleanTraining, stream: 0);
        using LabeledDataset? holdout = cleanHoldout is null ? null
            : recipe.Noise.Holdout ? noise.Apply(cleanHoldout, stream: 1) : cleanHoldout.WithLabels(cleanHoldout.Labels.alias());
        using LabeledDataset training = Duplicate(noisy, recipe.Data.Duplicate, splits);
        return new ExperimentData(
            splits, Describe(splits.Source, recipe.Data), training.To(device), holdout?.To(device), splits.Test.To(device),
            AugmentationOf(recipe.Data, splits));
    }

    /// <summary>
    /// Images stored larger than the model reads them are cropped to that; others are padded by an
    /// eighth of their side, which is 4 of 32 pixels.
    /// </summary>
    private static Func<long, Augmentation>? AugmentationOf(DataSection section, DatasetSplits splits)
    {
        if (section.Augment == AugmentChoice.None || (section.Augment == AugmentChoice.Auto && !splits.AugmentByDefault)) { return null; }
        int size = splits.Training.CropSize;
        if (size > 0) { return seed => new CropAndFlip(padding: 0, seed, size); }
        int padding = splits.Training.IsStreamed ? (int)splits.Training.InputShape[^1] / 8 : 4;
        return seed => new CropAndFlip(padding, seed);
    }

    // Each part is invariant on its own: a text inside a conditional is made before the text around it.
    private static string Describe(string source, DataSection section)
    {
        string relevance = section.RelevanceClasses == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $"; {Counted.Of(section.RelevanceClasses, "class", "classes")} whole, {section.RelevanceShare} of the others");
        string tail = section.LongTail > 1 ? string.Create(CultureInfo.InvariantCulture, $"; long tail {section.LongTail} to 1") : "";
        string copies = section.Duplicate > 1 ? $"; each training example {section.Duplicate} times" : "";
        return $"{source}{relevance}{tail}{copies}";
    }

    private static LabeledDataset Thin(LabeledDataset data, DataSection section, long stream)
    {
        if (section.RelevanceClasses == 0) { return ThinTail(data, section, stream); }
        using LabeledDataset skewed = Relevance.Skew(data, section.RelevanceClasses, section.RelevanceShare, section.SplitSeed, stream);
        return ThinTail(skewed, section, stream);
    }

    private static LabeledDataset ThinTail(LabeledDataset data, DataSection section, long stream) =>
        section.LongTail > 1
            ? LongTail.Exponential(data, section.LongTail, Seeding.Mix(section.SplitSeed, stream))
            : data.WithLabels(data.Labels.alias());

    /// <summary>Copies with ids above those of training set and holdout, so that the two still share none.</summary>
    private static LabeledDataset Duplicate(LabeledDataset data, int copies, DatasetSplits splits)
    {
        if (copies == 1) { return data.WithLabels(data.Labels.alias()); }
        using IDisposable scope = NewDisposeScope();
        long largest = Math.Max(splits.Training.Ids.max().item<long>(), splits.Holdout?.Ids.max().item<long>() ?? 0);
        return data.Repeat(copies, largest + 1);
    }

    /// <summary>Frees the sets.</summary>
    public void Dispose()
    {
        Training.Dispose();
        Holdout?.Dispose();
        Test.Dispose();
    }
}
