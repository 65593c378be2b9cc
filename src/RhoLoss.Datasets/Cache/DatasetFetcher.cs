namespace RhoLoss.Datasets.Cache;

/// <summary>Gets the files of a set onto this machine.</summary>
internal static class DatasetFetcher
{
    /// <summary>
    /// The set comes from the first of these that has the official content: the user's cache, the package of the system if it is installed,
    /// the same package unpacked without installing it, the authors' repository over HTTPS.
    /// </summary>
    /// <param name="set">The set.</param>
    /// <param name="download">The last two of them.</param>
    /// <param name="places">The first two.</param>
    /// <param name="report">Told what is being tried and why a source was skipped.</param>
    /// <param name="cancellation">Stops; nothing half-fetched stays.</param>
    /// <exception cref="InvalidInputException">No source has the set, or the cache cannot be written.</exception>
    public static async Task<FetchedDataset> RunAsync(
        CachedSource set, DatasetDownload download, DatasetPlaces places, IProgress<string>? report, CancellationToken cancellation)
    {
        string name = set.Description.Name;
        var skipped = new List<string>();
        foreach ((string folder, string source) in places.Candidates(set))
        {
            cancellation.ThrowIfCancellationRequested();
            if (WhyNot(set, folder, source) is not { } reason) { return new FetchedDataset(name, folder, source, skipped); }
            Skip($"{source}: {reason}");
        }
        string destination = places.Cache.FolderOf(set);
        using var staging = new StagingFolder(destination);
        foreach ((string source, Func<string, StagingFolder, CancellationToken, Task<string?>> fetch) in download.SourcesOf(set))
        {
            report?.Report($"trying {source}");
            string finished = staging.Create($"finished-{skipped.Count}");
            string? reason = await fetch(finished, staging, cancellation) ?? WhyNot(set, finished, source);
            if (reason is null)
            {
                staging.Commit(finished);
                return new FetchedDataset(name, destination, source, skipped);
            }
            Skip($"{source}: {reason}");
        }
        throw new InvalidInputException(
            $"{name} could not be fetched from any source ({string.Join("; ", skipped)}). "
            + $"Get the files on a machine with network access and run 'rho data get {name} --from FOLDER'.");

        void Skip(string reason)
        {
            skipped.Add(reason);
            report?.Report($"skipped {reason}");
        }
    }

    /// <summary>Null when the folder has the official content, otherwise what is wrong.</summary>
    private static string? WhyNot(CachedSource set, string folder, string source)
    {
        if (!Directory.Exists(folder)) { return "not there"; }
        if (DatasetFolder.TryOpen(set, folder, source, out List<string> missing) is not { } found)
        {
            return $"{string.Join(", ", missing)} missing";
        }
        try
        {
            FileChecksum? wrong = found.Checksums().FirstOrDefault(file => file.Official == false);
            return wrong is null
                ? null
                : $"{Path.GetFileName(wrong.Path)} is not the official file (SHA-256 of its content is {wrong.Sha256}), so it was refused";
        }
        catch (InvalidInputException e)
        {
            return e.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        }
    }
}
