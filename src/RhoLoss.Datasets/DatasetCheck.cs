using System.Globalization;

namespace RhoLoss.Datasets;

/// <summary>Checksum of one file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Sha256">SHA-256 of its uncompressed content, hexadecimal.</param>
/// <param name="Official">Whether that is the official content; null when the official checksum is not known.</param>
public sealed record FileChecksum(string Path, string Sha256, bool? Official);

/// <summary>What a data set was found to contain.</summary>
/// <param name="Name">Name of the set.</param>
/// <param name="Source">Where it was read from and how it was split.</param>
/// <param name="TrainingByClass">Training examples of each class, length C.</param>
/// <param name="HoldoutByClass">Holdout examples of each class, length C; zeros without a holdout.</param>
/// <param name="TestByClass">Test examples of each class, length C.</param>
/// <param name="Files">The files that were read; none for the built-in set.</param>
/// <param name="Problems">Differences from the official set, in words; none when it is complete.</param>
public sealed record DatasetCheck(
    string Name,
    string Source,
    IReadOnlyList<long> TrainingByClass,
    IReadOnlyList<long> HoldoutByClass,
    IReadOnlyList<long> TestByClass,
    IReadOnlyList<FileChecksum> Files,
    IReadOnlyList<string> Problems)
{
    /// <summary>
    /// What is in the folders and is not read, and does not count as a problem: a line a kind, with counts. Image files that
    /// cannot be read are here, with their number by part and the first by name, where a run that skips bad files leaves them
    /// out.
    /// </summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>
    /// How many problems there are: of images that cannot be read each is one, although only the first are named among
    /// <see cref="Problems"/>, after a line that counts them.
    /// </summary>
    public int ProblemCount { get => field == 0 ? Problems.Count : field; init; }

    /// <summary>Whether a run would refuse the set: an image cannot be read, or a class is left without one.</summary>
    public bool Refused { get; init; }

    /// <summary>What the user should know about data that break no rule: each a sentence or two.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Whether the set is the official one as far as is known.</summary>
    public bool Passed => Problems.Count == 0;

    /// <summary>Compares what was read with the official set.</summary>
    /// <param name="description">The official set.</param>
    /// <param name="splits">What was read.</param>
    /// <param name="files">The files that it was read from.</param>
    /// <param name="extraHoldout">Whether the holdout is beside the training examples that the description counts.</param>
    internal static DatasetCheck Of(
        DatasetDescription description, DatasetSplits splits, IReadOnlyList<FileChecksum> files, bool extraHoldout)
    {
        var problems = new List<string>();
        foreach (FileChecksum file in files.Where(file => file.Official == false))
        {
            problems.Add($"{file.Path} is not the official file: its content has SHA-256 {file.Sha256}");
        }
        DatasetCheck found = OfCounts(description.Name, splits.Source, splits);
        long[] fromTrainingFile = extraHoldout
            ? [.. found.TrainingByClass] : [.. found.TrainingByClass.Zip(found.HoldoutByClass, (t, h) => t + h)];
        Compare(problems, "training examples", description.TrainingExamples, fromTrainingFile.Sum());
        Compare(problems, "test examples", description.TestExamples, found.TestByClass.Sum());
        if (description.TrainingExamplesByClass is { } expected)
        {
            for (int c = 0; c < description.Classes; c++)
            {
                Compare(problems, $"training examples of class {c} ({description.ClassNames[c]})", expected[c], fromTrainingFile[c]);
            }
        }
        return found with { Files = files, Problems = problems };
    }

    /// <summary>What was read, with nothing to compare it with.</summary>
    internal static DatasetCheck OfCounts(string name, string source, DatasetSplits splits) => new(
        name, source, splits.Training.CountByClass(), splits.Holdout?.CountByClass() ?? new long[splits.Training.Classes],
        splits.Test.CountByClass(), [], [])
    {
        Notices = splits.Notices,
    };

    private static void Compare(List<string> problems, string what, long expected, long actual)
    {
        if (expected != actual)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{actual:N0} {what}, but the official set has {expected:N0}"));
        }
    }
}
