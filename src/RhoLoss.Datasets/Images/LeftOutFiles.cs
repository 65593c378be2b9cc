using System.Globalization;

namespace RhoLoss.Datasets.Images;

/// <summary>Why something in a folder of images is not read.</summary>
internal enum LeftOutKind
{
    /// <summary>Its name is one that systems and programs give to what is not the user's.</summary>
    System,

    /// <summary>Its ending is not one of an image that is read.</summary>
    Ending,

    /// <summary>An image beside the class folders, in none of them.</summary>
    Classless,

    /// <summary>A link to a folder that the link is in.</summary>
    Loop,

    /// <summary>An image that a link leads to and that is read where it really is, or by another link.</summary>
    Again,

    /// <summary>A link to nothing, or in a circle, that has no image's ending.</summary>
    Nowhere,

    /// <summary>What is no file although it is named like one: a pipe, a socket, a device.</summary>
    Special,

    /// <summary>A folder beside those of the parts.</summary>
    BesideParts,
}

/// <summary>What was found in the folders of a set and is not read, each thing counted once.</summary>
/// <param name="root">The folder of the set; what is named is named relative to it.</param>
internal sealed class LeftOutFiles(string root)
{
    private const int Named = 10;
    private readonly Dictionary<(LeftOutKind Kind, string Path), string> _found = [];

    /// <summary>Notes one thing, named by its path.</summary>
    /// <param name="kind">Why it is not read.</param>
    /// <param name="path">Its path.</param>
    /// <param name="real">Where it really is, if links lead to it: what is counted once.</param>
    /// <param name="note">More about it, which follows its name.</param>
    public void Add(LeftOutKind kind, string path, string? real = null, string? note = null) =>
        _found.TryAdd((kind, real ?? path), Path.GetRelativePath(root, path) + (note is null ? "" : $" ({note})"));

    /// <summary>Notes one of many things of a kind that are told as a group with its number.</summary>
    /// <param name="group">What it is counted with.</param>
    /// <param name="kind">Why it is not read.</param>
    /// <param name="path">Its path.</param>
    public void AddTo(string group, LeftOutKind kind, string path) => _found[(kind, path)] = group;

    /// <summary>A line for each kind, with counts.</summary>
    public IReadOnlyList<string> Lines =>
    [
        .. _found.GroupBy(found => found.Key.Kind, found => found.Value).OrderBy(kind => kind.Key)
            .Select(kind => Line(kind.Key, [.. kind])),
    ];

    private static string Line(LeftOutKind kind, string[] groups)
    {
        bool one = groups.Length == 1;
        string what = kind switch
        {
            LeftOutKind.System => one ? "hidden or system file or folder" : "hidden or system files and folders",
            LeftOutKind.Ending => $"{(one ? "file" : "files")} that {(one ? "does" : "do")} not end with {ImageTree.Endings}",
            LeftOutKind.Classless => $"{(one ? "image" : "images")} beside the class folders, in no class",
            LeftOutKind.Loop => one ? "link to a folder that it is in" : "links to folders that they are in",
            LeftOutKind.Again => one ? "image that a link leads to once more" : "images that links lead to once more",
            LeftOutKind.Nowhere => one ? "link that leads nowhere" : "links that lead nowhere",
            LeftOutKind.Special => one ? "thing that is no file" : "things that are no files",
            _ => one ? "folder beside those of the parts" : "folders beside those of the parts",
        };
        KeyValuePair<string, int>[] named =
            [.. groups.CountBy(group => group).OrderByDescending(group => group.Value).ThenBy(group => group.Key, StringComparer.Ordinal)];
        bool counts = kind is LeftOutKind.System or LeftOutKind.Ending;
        string list = string.Join(", ", named.Take(Named).Select(group =>
            counts ? string.Create(CultureInfo.InvariantCulture, $"{group.Key} ({group.Value})") : group.Key));
        return string.Create(CultureInfo.InvariantCulture, $"{groups.Length} {what}: {list}{(named.Length > Named ? ", …" : "")}");
    }
}
