namespace RhoLoss.Datasets;

/// <summary>What the library knows about a data set before it is there.</summary>
/// <param name="Name">The name in recipes and on the command line.</param>
/// <param name="Title">The name in text.</param>
/// <param name="ClassNames">Name of each class, in label order.</param>
/// <param name="Licence">Terms of use, in short.</param>
/// <param name="HowToObtain">Where the files come from and the command that puts them in place.</param>
/// <param name="TrainingExamples">Examples that training and holdout split share in the complete set.</param>
/// <param name="TestExamples">Examples of the complete test set.</param>
public sealed record DatasetDescription(
    string Name, string Title, IReadOnlyList<string> ClassNames, string Licence, string HowToObtain, int TrainingExamples, int TestExamples)
{
    /// <summary>Number of classes C.</summary>
    public int Classes => ClassNames.Count;

    /// <summary>
    /// Whether padding by 4, random crop and horizontal flip are the convention when training on this set (paper, App. B).
    /// </summary>
    public bool AugmentByDefault { get; init; }

    /// <summary>How training and holdout are told apart when the set, and not a seed, decides; otherwise null.</summary>
    public string? FixedSplit { get; init; }

    /// <summary>
    /// Training examples of each class in the complete set, training and holdout together, length C; null when not known.
    /// </summary>
    public IReadOnlyList<int>? TrainingExamplesByClass { get; init; }

    /// <summary>Whether it is image files in a folder that the user names, and not files that are put into the cache.</summary>
    public bool ReadFromFolder { get; init; }

    /// <summary>
    /// Side in pixels at which its image files are read unless another is asked for; 0 where it is no set of image files.
    /// </summary>
    public int ImageSize { get; init; }

    /// <summary>Whether it is the user's own data, and nobody's published set.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Whether its examples are texts.</summary>
    public bool IsText { get; init; }

    /// <summary>Whether its examples are sequences of documents, for a language model.</summary>
    public bool IsCorpus { get; init; }

    /// <summary>
    /// Whether <see cref="DatasetSource.FetchAsync"/> can get the set by itself; otherwise <see cref="HowToObtain"/> says what to do by
    /// hand.
    /// </summary>
    public bool FetchedAutomatically { get; init; }
}
