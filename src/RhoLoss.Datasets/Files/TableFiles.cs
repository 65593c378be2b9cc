namespace RhoLoss.Datasets.Files;

/// <summary>Names of the files that a user's own texts are in: train.csv, test.tsv, whatever their case, plain or gzipped.</summary>
internal static class TableFiles
{
    private static readonly string[] Endings = [".csv", ".tsv", ".csv.gz", ".tsv.gz"];
    private static readonly string[] Holdouts = ["valid", "val", "validation", "dev", "holdout"];

    /// <summary>The file in a folder that is called so; null where none is.</summary>
    /// <exception cref="InvalidInputException">Several are.</exception>
    public static string? Find(string directory, string name)
    {
        string[] there = [.. In(directory).Where(path => string.Equals(StemOf(path), name, StringComparison.OrdinalIgnoreCase))];
        if (there.Length < 2) { return there.FirstOrDefault(); }
        string all = string.Join(" and ", there);
        throw new InvalidInputException(
            $"{all} are {(there.Length == 2 ? "both" : "all")} there, and only one can be the {name} file. "
            + $"Remove one of them, or name the file with data.{(name == "train" ? "training" : name)}-file.");
    }

    /// <summary>Names of the tables in a folder that are called as a holdout is, and are not among those that are read.</summary>
    public static string[] HoldoutsIn(string directory, IReadOnlyCollection<string> read) =>
    [
        .. In(directory).Except(read, StringComparer.Ordinal)
            .Where(path => Holdouts.Contains(StemOf(path), StringComparer.OrdinalIgnoreCase)).Select(path => Path.GetFileName(path)),
    ];

    /// <summary>What a file that is made of one of another name is called, so that it is found.</summary>
    public static string Usual(string name)
    {
        string stem = name.Contains("test", StringComparison.OrdinalIgnoreCase) ? "test" : "train";
        string ending = Endings.Where(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)).MaxBy(e => e.Length) ?? ".csv";
        return stem + ending;
    }

    private static IEnumerable<string> In(string directory) =>
        !Directory.Exists(directory.Length == 0 ? "." : directory) ? []
        : new DirectoryInfo(directory.Length == 0 ? "." : directory).EnumerateFiles()
            .Where(file => StemOf(file.Name) is not null).Select(file => Path.Combine(directory, file.Name)).Order(StringComparer.Ordinal);

    private static string? StemOf(string path)
    {
        string name = Path.GetFileName(path);
        string? ending = Endings.Where(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)).MaxBy(e => e.Length);
        return ending is null ? null : name[..^ending.Length];
    }
}
