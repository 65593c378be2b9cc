namespace RhoLoss.Datasets;

/// <summary>Where a set was found or put.</summary>
/// <param name="Name">Name of the set.</param>
/// <param name="Folder">The folder that holds its files; null for the built-in set.</param>
/// <param name="Source">What served it.</param>
/// <param name="Skipped">The sources before it, each with the reason why it was skipped.</param>
public sealed record FetchedDataset(string Name, string? Folder, string Source, IReadOnlyList<string> Skipped);
