using RhoLoss.Datasets.Files;

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
    public string FolderOf(string name) => Path.Combine(Root, Catalogue.Find(name).Description.Name);

    /// <summary>
    /// Takes a set's files from a folder or from an archive (.tar, .tar.gz, .tar.xz, .zip) into the cache, replacing what was there.
    /// They are put together in a folder beside it, read completely, and only then given the set's name.
    /// </summary>
    /// <returns>What was found in the files; a difference from the official set is reported there and is no error.</returns>
    /// <exception cref="InvalidInputException">
    /// The path, files or their content break a rule, the archive holds a path that leaves its folder, or the cache cannot be written.
    /// </exception>
    public DatasetCheck Import(string name, string path)
    {
        KnownDataset set = Catalogue.Find(name);
        if (set.ReadImages is not null)
        {
            throw new InvalidInputException($"{name} is read where its images are and is not imported. {set.Description.HowToObtain}");
        }
        if (set.BuiltIn) { throw new InvalidInputException($"{name} is built in; there is nothing to import."); }
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new InvalidInputException($"{path}: no such file or folder to import {name} from. {set.Description.HowToObtain}");
        }
        using var staging = new StagingFolder(FolderOf(name));
        string finished = staging.Create("finished");
        if (Directory.Exists(path))
        {
            Copy(DatasetFolder.Open(set, path), finished, staging);
        }
        else
        {
            HashSet<string> wanted = [.. set.Files.SelectMany(file => new[] { file.Name, file.Name + ".gz" })];
            DatasetArchive.Extract(path, finished, wanted, set.ArchiveFolder, staging);
        }
        DatasetCheck check = ReadBack(set, finished, path);
        staging.Commit(finished);
        return check;
    }

    /// <summary>
    /// Copies the files of a set that are read; a source that cannot be read and a target that cannot be written are different errors.
    /// </summary>
    internal static void Copy(DatasetFolder from, string to, StagingFolder staging)
    {
        foreach ((KnownFile _, string path) in from.Files)
        {
            using FileStream source = GzipContent.OpenStored(path);
            using FileStream target = staging.CreateFile(Path.Combine(to, Path.GetFileName(path)));
            staging.Guarded(() =>
            {
                source.CopyTo(target);
                target.Flush();
            });
        }
    }

    /// <summary>
    /// Reads the staged files as a later run would, and names the place they came from instead of the one that will be gone.
    /// </summary>
    private static DatasetCheck ReadBack(KnownDataset set, string staged, string origin)
    {
        try
        {
            DatasetFolder folder = DatasetFolder.TryOpen(set, staged, origin, out List<string> missing) ?? throw new InvalidInputException(
                $"{origin}: {Counted.Of(missing.Count, "file")} of {set.Description.Name} missing: "
                + $"{string.Join(", ", missing)}. {set.Description.HowToObtain}");
            using DatasetSplits splits = set.Load(folder, DatasetOptions.ToCheck());
            return InTermsOf(origin, staged, DatasetCheck.Of(set.Description, splits, folder));
        }
        catch (InvalidInputException e) when (e.Message.Contains(staged, StringComparison.Ordinal))
        {
            throw new InvalidInputException(e.Message.Replace(staged, origin, StringComparison.Ordinal), e);
        }
    }

    private static DatasetCheck InTermsOf(string origin, string staged, DatasetCheck check) => check with
    {
        Files = [.. check.Files.Select(file => file with { Path = file.Path.Replace(staged, origin, StringComparison.Ordinal) })],
        Problems = [.. check.Problems.Select(problem => problem.Replace(staged, origin, StringComparison.Ordinal))],
    };
}
