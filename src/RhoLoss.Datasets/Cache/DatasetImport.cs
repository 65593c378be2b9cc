using RhoLoss.Datasets.Files;
using RhoLoss.Serialization;

namespace RhoLoss.Datasets.Cache;

/// <summary>Takes a set's files from a folder or from an archive (.tar, .tar.gz, .tar.xz, .zip) into a cache.</summary>
internal static class DatasetImport
{
    /// <summary>
    /// Replaces what was there. The files are put together in a folder beside it, read completely, and only then given the set's name.
    /// </summary>
    /// <returns>What was found in the files; a difference from the official set is reported there and is no error.</returns>
    /// <exception cref="InvalidInputException">
    /// The path, files or their content break a rule, the archive holds a path that leaves its folder, or the cache cannot be written.
    /// </exception>
    public static DatasetCheck Run(CachedSource set, string path, DatasetCache cache)
    {
        SpecialFile.Refuse(path);
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new InvalidInputException(
                $"{path}: no such file or folder to import {set.Description.Name} from. {set.Description.HowToObtain}");
        }
        using var staging = new StagingFolder(cache.FolderOf(set));
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
    public static void Copy(DatasetFolder from, string to, StagingFolder staging)
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
    private static DatasetCheck ReadBack(CachedSource set, string staged, string origin)
    {
        try
        {
            DatasetFolder folder = DatasetFolder.TryOpen(set, staged, origin, out List<string> missing) ?? throw new InvalidInputException(
                $"{origin}: {Counted.Of(missing.Count, "file")} of {set.Description.Name} missing: "
                + $"{string.Join(", ", missing)}. {set.Description.HowToObtain}");
            return InTermsOf(origin, staged, set.CheckFolder(folder, new DatasetOptions().ToCheck()));
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
