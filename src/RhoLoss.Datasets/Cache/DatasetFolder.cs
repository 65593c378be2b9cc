using RhoLoss.Datasets.Files;
using RhoLoss.Serialization;

namespace RhoLoss.Datasets.Cache;

/// <summary>A folder in which every file that a set needs was found.</summary>
internal sealed class DatasetFolder
{
    private readonly Dictionary<string, (KnownFile File, string Path)> _byRole;

    private DatasetFolder(CachedSource set, string path, string source, Dictionary<string, (KnownFile, string)> byRole)
    {
        Set = set;
        Path = path;
        Source = source;
        _byRole = byRole;
    }

    public CachedSource Set { get; }

    /// <summary>The folder that holds the files.</summary>
    public string Path { get; }

    /// <summary>The folder as a person would name it.</summary>
    public string Source { get; }

    /// <summary>The files that are read, with their paths.</summary>
    public IEnumerable<(KnownFile File, string Path)> Files => _byRole.Values;

    /// <summary>Path of the file that has this role.</summary>
    public string this[string role] => _byRole[role].Path;

    /// <summary>Whether a file of this role was found; only one that is optional can be missing.</summary>
    public bool Has(string role) => _byRole.ContainsKey(role);

    /// <summary>Name, without .gz, of the file that has this role; null where none has.</summary>
    public string? NameOf(string role) => _byRole.TryGetValue(role, out (KnownFile File, string Path) found) ? found.File.Name : null;

    /// <summary>SHA-256 of each file's content, and whether it is the official one.</summary>
    public FileChecksum[] Checksums() =>
    [
        .. Files.Select(file =>
        {
            string sha256 = GzipContent.Sha256(file.Path);
            return new FileChecksum(file.Path, sha256, file.File.Sha256 is { } official ? official == sha256 : null);
        }),
    ];

    /// <summary>The set's files in a folder that somebody named; the folder inside the official archive is found below it.</summary>
    /// <exception cref="InvalidInputException">The folder or files in it are missing; all of them are named at once.</exception>
    public static DatasetFolder Open(CachedSource set, string directory)
    {
        string name = set.Description.Name;
        SpecialFile.Refuse(directory, "a folder");
        if (!Directory.Exists(directory))
        {
            throw new DatasetFolderException(
                $"{directory}: no such folder, so {name} cannot be read from it. Give the folder with its files, or none. "
                + set.Description.HowToObtain);
        }
        return TryOpen(set, directory, directory, out List<string> missing) ?? throw new DatasetFolderException(
            $"{directory}: {Counted.Of(missing.Count, "file")} of {name} missing: {string.Join(", ", missing)}. "
            + $"Run 'rho data get {name}', or give the folder with these files, plain or .gz.");
    }

    /// <summary>The set's files in a folder, or null and what is missing.</summary>
    public static DatasetFolder? TryOpen(CachedSource set, string directory, string source, out List<string> missing)
    {
        missing = [];
        DatasetFolder? found = FilesIn(set, directory, source, missing);
        // Whether the archive's outer folder is the given one or below it is easily mistaken, so both will do.
        for (string? below = set.ArchiveFolder; found is null && below is not null; below = WithoutOuter(below))
        {
            string inner = System.IO.Path.Combine(directory, below);
            if (Directory.Exists(inner))
            {
                missing = [];
                found = FilesIn(set, inner, source, missing);
            }
        }
        return found;
    }

    private static string? WithoutOuter(string folders)
    {
        int slash = folders.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? null : folders[(slash + 1)..];
    }

    private static DatasetFolder? FilesIn(CachedSource set, string directory, string source, List<string> missing)
    {
        var byRole = new Dictionary<string, (KnownFile, string)>(StringComparer.Ordinal);
        foreach (IGrouping<string, KnownFile> alternatives in set.Files.GroupBy(file => file.Role, StringComparer.Ordinal))
        {
            (KnownFile File, string Path)[] there = [.. alternatives.SelectMany(file => PathsOf(file, directory))];
            if (there.Length > 0) { byRole[alternatives.Key] = there[0]; }
            else if (!alternatives.All(file => file.Optional)) { missing.Add(string.Join(" or ", alternatives.Select(file => file.Name))); }
        }
        return missing.Count == 0 ? new DatasetFolder(set, directory, source, byRole) : null;
    }

    /// <summary>Plain before gzipped, because it reads faster.</summary>
    private static IEnumerable<(KnownFile File, string Path)> PathsOf(KnownFile file, string directory) =>
        new[] { file.Name, file.Name + ".gz" }
            .Select(name => System.IO.Path.Combine(directory, name))
            .Where(File.Exists)
            .Select(path => (file, path));
}
