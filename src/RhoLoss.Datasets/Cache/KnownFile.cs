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
