using RhoLoss.Datasets.Images;

namespace RhoLoss.Datasets.Cache;

/// <summary>One file of a set.</summary>
/// <param name="Role">What it is for; files of one role are alternatives, the first that is there is read.</param>
/// <param name="Name">Its name without .gz.</param>
/// <param name="Sha256">SHA-256 of the uncompressed official content, where known.</param>
internal sealed record KnownFile(string Role, string Name, string? Sha256 = null)
{
    /// <summary>Whether the set can be read without it.</summary>
    public bool Optional { get; init; }
}

/// <summary>A set: what to say about it, which files it has, and how they are read.</summary>
/// <param name="Description">The public part.</param>
/// <param name="Files">Its files; none when the set is built in.</param>
/// <param name="Load">Reads the files of a folder and splits the examples.</param>
internal sealed record KnownDataset(
    DatasetDescription Description, IReadOnlyList<KnownFile> Files, Func<DatasetFolder, DatasetOptions, DatasetSplits> Load)
{
    /// <summary>For a set of image files: lists those of a folder.</summary>
    public Func<string, DatasetOptions, ImageParts>? ReadImages { get; init; }

    /// <summary>Whether the set is part of the library.</summary>
    public bool BuiltIn => Files.Count == 0 && ReadImages is null;

    /// <summary>Examples of the test set where QMNIST's files hold out and test; null when they change nothing.</summary>
    public int? TestExamplesWithExtraHoldout { get; init; }

    /// <summary>The folder inside the official archive, accepted below a given folder.</summary>
    public string? ArchiveFolder { get; init; }
}
