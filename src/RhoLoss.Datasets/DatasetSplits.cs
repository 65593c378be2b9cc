using RhoLoss.Data;
using RhoLoss.Objectives;

namespace RhoLoss.Datasets;

/// <summary>
/// The parts of a data set that RHO-LOSS needs, with one normalisation and ids that do not meet between training and holdout.
/// </summary>
/// <param name="Name">Name of the set.</param>
/// <param name="Source">Where the examples came from and how they were split, in words.</param>
/// <param name="Training">D: what the target model may select from.</param>
/// <param name="Holdout">
/// D_ho: what the IL model trains on; null when all training examples are in D (<see cref="DatasetOptions.HoldoutFraction"/> 0).
/// </param>
/// <param name="Test">What accuracy is reported on; its ids count from 0 on their own.</param>
public sealed record DatasetSplits(
    string Name, string Source, LabeledDataset Training, LabeledDataset? Holdout, LabeledDataset Test) : IDisposable
{
    /// <summary>Name of each class, in label order; empty when not known.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>
    /// What the user should know about data that break no rule, such as classes whose names differ in case only: each a sentence or two.
    /// </summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>
    /// Further notices, which need the content of every file: of images that are in two parts or two classes. Each
    /// file is read once for this and for <see cref="LabeledDataset.Fingerprint"/>. Null where <see cref="Notices"/> has all.
    /// </summary>
    public Func<IReadOnlyList<string>>? ContentNotices { get; init; }

    /// <summary>What a model of these examples is trained for: a class each, unless the set says otherwise.</summary>
    public Objective Objective { get; init; } = Objective.CrossEntropy;

    /// <summary>Whether padding by 4, random crop and horizontal flip are the convention when training on this set.</summary>
    public bool AugmentByDefault { get; init; }

    /// <summary>What is where the set was read from and is not read, in words: a line a kind of file or folder, with counts.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Where each example is in the files; null when its reader does not tell.</summary>
    public ExamplePlaces? Places { get; init; }

    /// <summary>
    /// The texts as the files have them, by id, of training set and holdout and of the test set; null when the examples are no
    /// texts.
    /// </summary>
    public (Func<long, string> OfTraining, Func<long, string> OfTest)? Texts { get; init; }

    /// <summary>
    /// Tokens of a language model as text, and whether they begin it; null where examples are none of its sequences.
    /// </summary>
    public Func<IEnumerable<long>, bool, string>? TextOfTokens { get; init; }

    /// <summary>Frees the parts.</summary>
    public void Dispose()
    {
        Training.Dispose();
        Holdout?.Dispose();
        Test.Dispose();
    }
}
