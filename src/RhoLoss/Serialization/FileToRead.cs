namespace RhoLoss.Serialization;

/// <summary>Opens files that somebody named, and says of one that cannot be opened what is there instead and what to do.</summary>
internal static class FileToRead
{
    private const int Shown = 3;

    /// <summary>Opens it for reading; nobody can write it meanwhile.</summary>
    /// <exception cref="InvalidInputException">It cannot be opened.</exception>
    public static FileStream Open(string path)
    {
        SpecialFile.Refuse(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidInputException($"Cannot read {path}: {Why(path, e)}", e);
        }
    }

    private static string Why(string path, Exception e)
    {
        if (Directory.Exists(path)) { return AboutFolder(path); }
        return e switch
        {
            FileNotFoundException => $"there is no such file.{Beside(path)}",
            DirectoryNotFoundException => $"there is no folder {Path.GetDirectoryName(path)}. Check the path.",
            UnauthorizedAccessException => "it may not be read. Change its permissions, or give a copy that you may read.",
            _ => e.Message,
        };
    }

    private static string AboutFolder(string path)
    {
        if (File.Exists(Path.Combine(path, "saved_model.pb")))
        {
            return $"it is a folder with a TensorFlow SavedModel. {ForeignFormat.FromOtherTools}.";
        }
        string[] files = FilesIn(path, ".safetensors");
        return files.Length switch
        {
            0 => "it is a folder, and no safetensors file is in it. Give the file of weights itself.",
            1 => $"it is a folder. Give the file in it: {Path.Combine(path, files[0])}",
            _ when FilesIn(path, ".index.json").Length > 0 =>
                $"it is a folder with a checkpoint in several files. {ForeignFormat.FromSeveralFiles}.",
            _ => $"it is a folder. Give one of the files in it: {Listed(files)}.",
        };
    }

    /// <summary>Files with the same ending in the folder of one that is missing.</summary>
    private static string Beside(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        string ending = Path.GetExtension(path);
        string[] files = ending.Length == 0 ? [] : FilesIn(folder, ending);
        return files.Length == 0 ? " Check the path." : $" Check its name; its folder has {Listed(files)}.";
    }

    private static string[] FilesIn(string folder, string ending)
    {
        try
        {
            IEnumerable<string> files = Directory.EnumerateFiles(folder, "*" + ending);
            return [.. files.Select(file => TensorText.Name(Path.GetFileName(file))).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Listed(string[] files) =>
        string.Join(", ", files.Take(Shown)) + (files.Length > Shown ? $" and {files.Length - Shown} more" : "");
}
