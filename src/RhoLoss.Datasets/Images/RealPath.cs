namespace RhoLoss.Datasets.Images;

/// <summary>Where a path leads once every link in it is followed.</summary>
internal static class RealPath
{
    /// <summary>As many links in one path as Linux follows (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>The full path without links; null where it leads to nothing or in a circle.</summary>
    public static string? Of(string path)
    {
        string full = Path.GetFullPath(path), real = Path.GetPathRoot(full)!;
        var left = new Stack<string>();
        Push(full[real.Length..]);
        int links = 0;
        while (left.TryPop(out string? name))
        {
            if (name == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }
            string next = Path.Combine(real, name);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }
            if (++links > MostLinks) { return null; }
            string start = Path.GetPathRoot(target)!;
            if (start.Length > 0) { real = start; }
            Push(target[start.Length..]);
        }
        return Path.Exists(real) ? real : null;

        void Push(string names)
        {
            foreach (string name in names.Split(Path.DirectorySeparatorChar).Reverse())
            {
                if (name is not ("" or ".")) { left.Push(name); }
            }
        }
    }

    /// <summary>Whether a real folder is another one or holds it at any depth.</summary>
    public static bool Holds(string folder, string other)
    {
        string inside = Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
        return other == folder || other.StartsWith(inside, StringComparison.Ordinal);
    }
}
