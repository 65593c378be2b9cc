using RhoLoss.Datasets.Images;
using RhoLoss.Serialization;

namespace RhoLoss.Datasets.Corpus;

/// <summary>Finds the files of a part of a corpus.</summary>
internal static class CorpusFiles
{
    private static readonly string[] JsonEndings = [".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"];
    private static readonly string[] PartEndings = ["", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".txt", ".txt.gz"];

    /// <summary>Whether each line of a file is a document, in JSON.</summary>
    public static bool IsJsonLines(string path) => JsonEndings.Any(end => path.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    /// <summary>What is called like a part in a folder: a folder, or a file with one of the usual endings; null where nothing is.</summary>
    /// <exception cref="InvalidInputException">Several are.</exception>
    public static string? PartIn(string directory, string part)
    {
        string[] there = [.. PartEndings.Select(ending => Path.Combine(directory, part + ending)).Where(Path.Exists)];
        return there.Length < 2 ? there.FirstOrDefault() : throw new InvalidInputException(
            $"{string.Join(" and ", there)} are {(there.Length == 2 ? "both" : "all")} there, and only one can be the {part}. "
            + $"Remove one of them, or name it with data.{part}.");
    }

    /// <summary>The files of a part, by path in ordinal order: a file, or all in a folder at every depth but hidden ones.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="key">The setting that names it, for messages.</param>
    /// <exception cref="InvalidInputException">Nothing is there, or a folder may not be read, or has no file.</exception>
    public static IReadOnlyList<string> Below(string path, string key)
    {
        SpecialFile.Refuse(path, "a file or folder");
        if (File.Exists(path)) { return [path]; }
        if (!Directory.Exists(path))
        {
            throw new InvalidInputException($"{path}: there is no such file or folder. Correct {key}.");
        }
        var files = new List<string>();
        Collect(path, files, []);
        if (files.Count == 0) { throw new InvalidInputException($"{path}: there is no file in this folder. Correct {key}."); }
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static void Collect(string folder, List<string> files, HashSet<string> visited)
    {
        if (RealPath.Of(folder) is not { } real || !visited.Add(real)) { return; }   // a link to a folder that was walked through
        foreach (FileSystemInfo entry in ImageWalk.Entries(folder))
        {
            string path = Path.Combine(folder, entry.Name);
            if (entry.Name.StartsWith('.')) { continue; }
            if (Directory.Exists(path)) { Collect(path, files, visited); }
            else
            {
                SpecialFile.Refuse(path);
                files.Add(path);
            }
        }
    }
}
