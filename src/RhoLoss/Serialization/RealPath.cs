namespace RhoLoss.Serialization;

/// <summary>What is wrong with a link that leads to no file and no folder.</summary>
/// <param name="What">What it is, in words.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record BrokenLink(string What, string Fix);

/// <summary>Where a path leads once every link in it is followed. Compiled into each assembly that opens what somebody named.</summary>
internal static class RealPath
{
    /// <summary>As many links in one path as Linux follows (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>The full path without links; null where it leads to nothing or in a circle.</summary>
    public static string? Of(string path) => Follow(path) is { } real && Path.Exists(real) ? real : null;

    /// <summary>What is wrong with a path that is a link; null where it is none, or leads somewhere.</summary>
    public static BrokenLink? BrokenLink(string path)
    {
        if (new FileInfo(path).LinkTarget is not { } target) { return null; }
        string? real = Follow(path);
        if (real is null)
        {
            string full = Path.GetFullPath(path), next = Path.GetFullPath(target, Path.GetDirectoryName(full)!);
            string what = next == full ? "a link to itself" : $"a link without an end: {target} leads in a circle";
            return new BrokenLink(what, "Remove the link");
        }
        return Path.Exists(real) ? null : new BrokenLink($"a link to nothing: {target} is not there", "Put it there, or remove the link");
    }

    /// <summary>The first link of a path, folders included, that leads nowhere, and what is wrong with it; null for none.</summary>
    public static (string Link, BrokenLink Broken)? FirstBroken(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) { return null; }   // no path at all
        if (Path.Exists(path) && new FileInfo(path).LinkTarget is null) { return null; }
        return (Path.GetDirectoryName(path) is { Length: > 0 } folder ? FirstBroken(folder) : null)
            ?? (BrokenLink(path) is { } broken ? (path, broken) : null);
    }

    /// <summary>The full path without links, whether something is there or not; null where links lead in a circle.</summary>
    private static string? Follow(string path)
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
        return real;

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
