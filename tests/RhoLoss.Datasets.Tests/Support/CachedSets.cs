using RhoLoss.Datasets.Cache;

namespace RhoLoss.Datasets.Tests.Support;

/// <summary>Known sets by name, in a cache of a test's own.</summary>
internal static class CachedSets
{
    public static CachedSource Find(string name) => (CachedSource)KnownDatasets.Source(name);

    /// <summary>The set as it is found where no package of the system has it.</summary>
    public static CachedSource In(this DatasetCache cache, string name) => Find(name).In(new DatasetPlaces(cache, ""));

    public static DatasetCheck Import(this DatasetCache cache, string name, string path) => cache.In(name).Import(path);

    public static string FolderOf(this DatasetCache cache, string name) => cache.FolderOf(Find(name));
}
