using System.Globalization;
using RhoLoss.Datasets.Names;
using RhoLoss.Serialization;

namespace RhoLoss.Datasets.Images;

/// <summary>An image as it was found.</summary>
/// <param name="Path">How it was reached.</param>
/// <param name="RealPath">Where it really is; something of its own where its path leads to nothing.</param>
/// <param name="ByLink">Whether a link inside the class folder led to it.</param>
/// <param name="Part">Number of the part it was found in.</param>
/// <param name="Class">Its class.</param>
internal sealed record FoundImage(string Path, string RealPath, bool ByLink, int Part, int Class);

/// <summary>Walks through the folder of a class at every depth, through links too, each real folder once.</summary>
internal static class ImageWalk
{
    /// <summary>The images of a class in one part, by path in ordinal order; none where the folder is not there.</summary>
    public static IEnumerable<FoundImage> Images(string folder, int part, int label, LeftOutFiles leftOut)
    {
        var images = new List<FoundImage>();
        var visited = new HashSet<string>(StringComparer.Ordinal);
        var left = new Stack<(string Path, string RealPath, bool ByLink)>();
        if (RealPath.Of(folder) is { } start) { left.Push((folder, start, ByLink: false)); }
        while (left.TryPop(out (string Path, string RealPath, bool ByLink) at))
        {
            visited.Add(at.RealPath);
            var linked = new List<(string Path, string RealPath)>();
            foreach (FileSystemInfo entry in Entries(at.Path))
            {
                string path = Path.Combine(at.Path, entry.Name), here = Path.Combine(at.RealPath, entry.Name);
                if (SystemNames.Has(entry.Name))
                {
                    leftOut.AddTo(SystemNames.GroupOf(entry.Name), LeftOutKind.System, here);
                    continue;
                }
                bool link = IsLink(entry);
                string? real = link ? RealPath.Of(path) : here;
                if (entry is DirectoryInfo)
                {
                    if (!link) { left.Push((path, here, at.ByLink)); }
                    else if (RealPath.Holds(real!, at.RealPath)) { leftOut.Add(LeftOutKind.Loop, path); }
                    else { linked.Add((path, real!)); }
                }
                else if (SpecialFile.KindOf(path) is { } kind) { leftOut.Add(LeftOutKind.Special, path, note: kind); }
                else if (ImageTree.IsImage(entry.Name))
                {
                    images.Add(new FoundImage(path, real ?? Unresolved(here), at.ByLink || link, part, label));
                }
                else if (real is null) { leftOut.Add(LeftOutKind.Nowhere, path, note: RealPath.BrokenLink(path)?.What); }
                else
                {
                    string ending = Path.GetExtension(entry.Name).ToLowerInvariant();
                    leftOut.AddTo(ending.Length > 1 ? ending : "no ending", LeftOutKind.Ending, here);
                }
            }
            // A folder that several links lead to, perhaps in a circle, is walked through once.
            foreach ((string path, string real) in linked.Where(l => visited.Add(l.RealPath))) { left.Push((path, real, ByLink: true)); }
        }
        return images.OrderBy(image => image.Path, StringComparer.Ordinal);

        // Names that are not UTF-8 look alike where they differ, and still are files of their own.
        string Unresolved(string here) => string.Create(CultureInfo.InvariantCulture, $"{here} ({images.Count})");
    }

    /// <summary>What a folder holds.</summary>
    /// <exception cref="InvalidInputException">It may not be read, or its name is not UTF-8.</exception>
    public static IEnumerable<FileSystemInfo> Entries(string folder)
    {
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos()];
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InvalidInputException($"{folder}: the folder may not be read. Allow reading it, or remove it from the set.", e);
        }
        catch (DirectoryNotFoundException e) when (NameDifference.IsNotUtf8(folder))
        {
            throw new InvalidInputException($"{folder}: {NameDifference.NotUtf8} Rename the folder.", e);
        }
    }

    /// <summary>Whether something is a link, or a name that leads to nothing, and not a file or folder itself.</summary>
    public static bool IsLink(FileSystemInfo entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
}
