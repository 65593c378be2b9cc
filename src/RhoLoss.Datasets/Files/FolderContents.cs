namespace RhoLoss.Datasets.Files;

/// <summary>Says of a folder that holds no set what it holds instead, and of a file that is not read what it is, by their names.</summary>
public static class FolderContents
{
    private const int MostNamed = 3;

    /// <summary>Programs and people name files after what they hold; what is never data (LICENSE, README) is not here.</summary>
    private static readonly Kind[] Kinds =
    [
        new([".csv", ".tsv", ".csv.gz", ".tsv.gz"], "a table",
            name => string.Equals(name, TableFiles.Usual(name), StringComparison.OrdinalIgnoreCase)
                ? "Give the file itself, or put the training file, train.csv, beside it"
                : $"Give the file itself, or call it {TableFiles.Usual(name)}"),
        new([".jsonl", ".ndjson", ".jsonl.gz"], "JSON lines", Pandas("read_json", ", lines=True")),
        new([".json", ".json.gz"], "JSON", Pandas("read_json", "")),
        new([".xlsx", ".xls", ".ods"], "a workbook", _ => "Save its sheet as CSV"),
        new([".parquet", ".pq"], "Parquet", Pandas("read_parquet", "")),
        new([".feather", ".arrow"], "Arrow", Pandas("read_feather", "")),
        new([".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".7z", ".rar", ".xz", ".bz2", ".zst"], "an archive", name => $"Unpack {name}"),
        new([".npz", ".pt", ".pth", ".pkl", ".h5", ".hdf5", ".mat", ".tfrecord"], "arrays",
            _ => "Write its images as .png files, one folder per class"),
        new([".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic", ".avif"], "an image of another format",
            _ => "Convert the images to .png or .jpg, and put those of each class into a folder"),
        new(["-ubyte", "-ubyte.gz", "-idx2-int.gz"], "a file of MNIST or a set like it",
            _ => "Name the set and give the folder: `rho data check mnist --directory FOLDER`"),
        new(["train.txt"], "text",
            name => $"Call it {Path.ChangeExtension(name, ".tsv")} if it has a header and columns separated by tabs"),
    ];

    /// <summary>
    /// The files of a folder that look like data, the first of each kind by name, and what to do with them: sentences. Null where none
    /// does. Folders in it do not count.
    /// </summary>
    /// <param name="directory">An existing folder.</param>
    public static string? Describe(string directory)
    {
        string[] names =
        [
            .. Directory.EnumerateFiles(directory, "*", new EnumerationOptions { IgnoreInaccessible = true })
                .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
        ];
        (Kind Kind, string[] Names)[] found =
        [
            .. Kinds.Select(kind => (Kind: kind, Names: names.Where(name => KindOf(name) == kind).ToArray()))
                .Where(kind => kind.Names.Length > 0).Take(MostNamed),
        ];
        if (found.Length == 0) { return null; }
        string list = string.Join("; ", found.Select(kind => $"{Named(kind.Names)} ({kind.Kind.What}"
            + $"{(kind.Names.Length > 1 ? " each" : "")})"));
        return $"It holds {list}. {string.Join(". ", found.Select(kind => kind.Kind.Fix(kind.Names[0])).Distinct())}.";
    }

    /// <summary>What a file that is not read is by its name, and what to do with it: sentences. Null where it does not say.</summary>
    /// <param name="path">The file, there or not.</param>
    public static string? OtherFormat(string path)
    {
        string name = Path.GetFileName(path);
        return KindOf(name) is { } kind && kind != Kinds[0] ? $"By its name it is {kind.What}, which is not read. {kind.Fix(name)}." : null;
    }

    /// <summary>The kind with the longest ending of a name.</summary>
    private static Kind? KindOf(string name) => Kinds
        .Select(kind => (Kind: kind, Ending: kind.Endings.Where(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            .Select(ending => ending.Length).DefaultIfEmpty().Max()))
        .Where(kind => kind.Ending > 0).OrderByDescending(kind => kind.Ending).Select(kind => kind.Kind).FirstOrDefault();

    private static Func<string, string> Pandas(string function, string options) => name =>
        $"Convert it to CSV, in Python: `import pandas; "
        + $"pandas.{function}(\"{name}\"{options}).to_csv(\"{TableFiles.Usual(name)}\", index=False)`";

    private static string Named(string[] names) =>
        string.Join(", ", names.Take(MostNamed)) + (names.Length > MostNamed ? FormattableString.Invariant($", … ({names.Length})") : "");

    private sealed record Kind(string[] Endings, string What, Func<string, string> Fix);
}
