namespace RhoLoss.Datasets.Cache;

/// <summary>Where sets are looked for when nobody names a folder: the user's cache, then where the system's packages put them.</summary>
/// <param name="Cache">The user's cache.</param>
/// <param name="DebianFolder">Folder of Debian's package dataset-fashion-mnist, there or not.</param>
internal sealed record DatasetPlaces(DatasetCache Cache, string DebianFolder)
{
    public const string DebianFashionMnist = "/usr/share/datasets/fashion-mnist";

    public static DatasetPlaces OfThisMachine() => new(DatasetCache.ForUser(), DebianFashionMnist);

    /// <summary>Folders that may hold the set, best first, with the words for each.</summary>
    public IEnumerable<(string Folder, string Source)> Candidates(KnownDataset set)
    {
        string cached = Cache.FolderOf(set.Description.Name);
        yield return (cached, $"cache {cached}");
        if (set.Description.Name == Catalogue.FashionMnist)
        {
            yield return (DebianFolder, $"Debian package dataset-fashion-mnist in {DebianFolder}");
        }
    }

    /// <summary>The first place that has all files of the set.</summary>
    /// <exception cref="InvalidInputException">None has; the message names the places and the fix.</exception>
    public DatasetFolder Locate(KnownDataset set)
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
