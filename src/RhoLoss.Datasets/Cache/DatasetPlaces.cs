namespace RhoLoss.Datasets.Cache;

/// <summary>Where sets are looked for when nobody names a folder: the user's cache, then where the system's packages put them.</summary>
/// <param name="Cache">The user's cache.</param>
/// <param name="PackagesFolder">Where Debian's packages of data sets have a folder each, there or not.</param>
internal sealed record DatasetPlaces(DatasetCache Cache, string PackagesFolder)
{
    /// <summary>Where Debian's packages put them.</summary>
    public const string DebianDatasets = "/usr/share/datasets";

    public static DatasetPlaces OfThisMachine() => new(DatasetCache.ForUser(), DebianDatasets);

    /// <summary>Folders that may hold the set, best first, with the words for each.</summary>
    public IEnumerable<(string Folder, string Source)> Candidates(CachedSource set)
    {
        string cached = Cache.FolderOf(set);
        yield return (cached, $"cache {cached}");
        if (set.Package is null) { yield break; }
        string installed = Path.Combine(PackagesFolder, set.Description.Name);
        yield return (installed, $"Debian package {set.Package} in {installed}");
    }

    /// <summary>The first place that has all files of the set.</summary>
    /// <exception cref="InvalidInputException">None has; the message names the places and the fix.</exception>
    public DatasetFolder Locate(CachedSource set)
    {
        var tried = new List<string>();
        foreach ((string folder, string source) in Candidates(set))
        {
            if (DatasetFolder.TryOpen(set, folder, source, out List<string> missing) is { } found) { return found; }
            tried.Add(Directory.Exists(folder) ? $"{folder} (without {string.Join(", ", missing)})" : folder);
        }
        throw new DatasetFolderException(
            $"{set.Description.Name} is not on this machine; looked in {string.Join(" and ", tried)}. "
            + $"{set.Description.HowToObtain} If you have the files elsewhere, give their folder.");
    }
}
