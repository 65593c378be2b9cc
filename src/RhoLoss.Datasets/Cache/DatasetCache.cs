namespace RhoLoss.Datasets.Cache;

/// <summary>The user's folder of data sets: one folder per set, complete or not there.</summary>
public sealed class DatasetCache
{
    /// <summary>The cache in a given folder, which need not exist.</summary>
    public DatasetCache(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        Root = Path.GetFullPath(root);
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The cache of this user: $RHOLOSS_CACHE, else $XDG_CACHE_HOME/rholoss, else ~/.cache/rholoss.</summary>
    /// <exception cref="InvalidInputException">None of these is set and the user has no home folder.</exception>
    public static DatasetCache ForUser() =>
        For(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    internal static DatasetCache For(Func<string, string?> variable, string home)
    {
        if (variable("RHOLOSS_CACHE") is { Length: > 0 } own) { return new DatasetCache(own); }
        // A relative XDG_CACHE_HOME is to be ignored (XDG base directory specification 0.8).
        if (variable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathFullyQualified(xdg))
        {
            return new DatasetCache(Path.Combine(xdg, "rholoss"));
        }
        if (home.Length == 0)
        {
            throw new InvalidInputException(
                "There is no folder for the data cache: RHOLOSS_CACHE is not set and the user has no home folder. Set RHOLOSS_CACHE.");
        }
        return new DatasetCache(Path.Combine(home, ".cache", "rholoss"));
    }

    /// <summary>Where a set is, if it is there.</summary>
    public string FolderOf(DatasetSource set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return Path.Combine(Root, set.Description.Name);
    }
}
