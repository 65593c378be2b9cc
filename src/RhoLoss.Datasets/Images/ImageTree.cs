using RhoLoss.Datasets.Files;
using RhoLoss.Datasets.Names;
using RhoLoss.Serialization;

namespace RhoLoss.Datasets.Images;

/// <summary>Lists the images of folders that have one folder per class: every file once, in its class.</summary>
internal static class ImageTree
{
    /// <summary>The endings that are read, in words.</summary>
    public const string Endings = ".jpg, .jpeg or .png";

    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>Names of the folders in a folder that are the user's, in ordinal order.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="leftOut">
    /// Told of what is not the user's, of links to what they are in, and of images beside the folders; null to only look.
    /// </param>
    /// <exception cref="InvalidInputException">A link that may be meant as one of the folders leads to nothing.</exception>
    public static string[] FoldersOf(string folder, LeftOutFiles? leftOut = null)
    {
        var names = new List<string>();
        string real = RealPath.Of(folder)!;
        foreach (FileSystemInfo entry in ImageWalk.Entries(folder))
        {
            if (SystemNames.Has(entry.Name)) { leftOut?.AddTo(SystemNames.GroupOf(entry.Name), LeftOutKind.System, entry.FullName); }
            else if (entry is DirectoryInfo)
            {
                bool loop = ImageWalk.IsLink(entry) && RealPath.Of(entry.FullName) is { } target && RealPath.Holds(target, real);
                if (loop) { leftOut?.Add(LeftOutKind.Loop, entry.FullName); }
                else { names.Add(entry.Name); }
            }
            else if (SpecialFile.KindOf(entry.FullName) is { } kind) { leftOut?.Add(LeftOutKind.Special, entry.FullName, note: kind); }
            else if (IsImage(entry.Name)) { leftOut?.Add(LeftOutKind.Classless, entry.FullName); }
            else if (leftOut is not null && RealPath.BrokenLink(entry.FullName) is { } broken)
            {
                throw new InvalidInputException($"{Path.Combine(folder, entry.Name)} is {broken.What}. {broken.Fix}.");
            }
        }
        return [.. names.Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether a file is read, by the ending of its name.</summary>
    public static bool IsImage(string name) => Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>Names of the class folders, in ordinal order: class 0 first.</summary>
    /// <exception cref="InvalidInputException">
    /// There are fewer than two, or two that a reader takes for one, or they look like parts.
    /// </exception>
    public static string[] ClassesOf(string folder, LeftOutFiles leftOut)
    {
        string[] classes = FoldersOf(folder, leftOut);
        if (classes.Length == 0)
        {
            throw new InvalidInputException(FolderContents.Describe(folder) is { } found
                ? $"{folder}: neither folders of images, one per class, nor texts in train.csv or train.tsv. {found}"
                : $"{folder}: no images: a folder of images holds one folder per class, but this one holds no folder. "
                    + "Put the images of each class into a folder with the class's name.");
        }
        if (classes.Length == 1)
        {
            throw new InvalidInputException($"{folder}: a classifier needs at least two classes, but there is one folder, '{classes[0]}'. "
                + Below(folder, classes[0]));
        }
        foreach (string name in classes)
        {
            if (NameDifference.IsNotUtf8(name))
            {
                throw new InvalidInputException($"{Path.Combine(folder, name)}: {NameDifference.NotUtf8} Rename the folder.");
            }
            if (NameDifference.TwinOf(name, classes) is { } twin)
            {
                throw new InvalidInputException(
                    $"{folder}: two classes have names that look the same: {NameDifference.InForms(name, twin)}. "
                    + "Put their images into one folder.");
            }
        }
        PartFolders.RefuseAsClasses(folder, classes);
        return classes;
    }

    /// <summary>The images of every class of every part, by class and then by name in ordinal order.</summary>
    /// <exception cref="InvalidInputException">
    /// A class has no image, there is a class that is not among <paramref name="classes"/>, or links make one file an image of two classes
    /// or parts.
    /// </exception>
    public static ImageFile[][] Read(IReadOnlyList<string> folders, IReadOnlyList<string> classes, LeftOutFiles leftOut)
    {
        foreach (string folder in folders) { RequireKnown(folder, classes, leftOut); }
        IEnumerable<FoundImage> found = folders.SelectMany((folder, part) =>
            classes.SelectMany((name, c) => ImageWalk.Images(Path.Combine(folder, name), part, c, leftOut)));
        ILookup<int, ImageFile> kept = EachFileOnce([.. found], leftOut)
            .ToLookup(image => image.Part, image => new ImageFile(image.Path, image.Class));
        ImageFile[][] files = [.. folders.Select((_, part) => kept[part].ToArray())];
        foreach ((string folder, ImageFile[] images) in folders.Zip(files)) { RequireImages(folder, images, classes); }
        return files;
    }

    /// <summary>A file that is reached without a link is read there, and one that only links lead to by the first of them.</summary>
    private static FoundImage[] EachFileOnce(FoundImage[] found, LeftOutFiles leftOut)
    {
        var first = new Dictionary<string, FoundImage>(StringComparer.Ordinal);
        foreach (FoundImage image in found.OrderBy(image => image.ByLink))
        {
            if (first.TryAdd(image.RealPath, image)) { continue; }
            FoundImage before = first[image.RealPath];
            if (before.ByLink == image.ByLink && (before.Part != image.Part || before.Class != image.Class))
            {
                string what = before.Part != image.Part ? "parts of the set" : "classes";
                throw new InvalidInputException(
                    $"{before.Path} and {image.Path} are one file, {image.RealPath}, in two {what}. Remove one of the links.");
            }
            leftOut.Add(LeftOutKind.Again, image.Path, image.RealPath);
        }
        return [.. found.Where(image => ReferenceEquals(first[image.RealPath], image))];
    }

    private static void RequireKnown(string folder, IReadOnlyList<string> classes, LeftOutFiles leftOut)
    {
        string[] strangers = [.. FoldersOf(folder, leftOut).Where(name => !classes.Contains(name, StringComparer.Ordinal))];
        if (strangers.Length == 0) { return; }
        bool one = strangers.Length == 1;
        string? difference = strangers.Select(name => NameDifference.From(name, classes)).OfType<string>().FirstOrDefault();
        string nearest = difference is null ? "" : $" ({difference})";
        throw new InvalidInputException(
            $"{folder}: every class must be among those of the training images, but {Some(strangers)} {(one ? "is" : "are")} not{nearest}. "
            + $"Rename or remove the {(one ? "folder" : "folders")}.");
    }

    private static void RequireImages(string folder, ImageFile[] images, IReadOnlyList<string> classes)
    {
        if (images.Length == 0)
        {
            if (FoldersOf(folder).Length == 0) { throw WithoutClasses(folder, classes); }
            throw new InvalidInputException(
                $"{folder}: no images: none of the {classes.Count} class folders holds a file whose name ends with {Endings}. "
                + $"{(PartFolders.IsPartName(folder) ? "Add images of every class" + PartFolders.OrWithout(folder)
                    : "Give the folder that holds the class folders")}.");
        }
        var there = images.Select(image => image.Label).ToHashSet();
        string[] empty = [.. classes.Where((_, c) => !there.Contains(c))];
        if (empty.Length > 0)
        {
            string has = empty.Length == 1 ? "has" : "have";
            throw new InvalidInputException($"{folder}: every class needs at least one image, but {Some(empty)} {has} none. "
                + $"Add images ({Endings}), or remove the class from every part of the set.");
        }
    }

    /// <summary>A part that was left empty, or into which images were put as they were.</summary>
    private static InvalidInputException WithoutClasses(string folder, IReadOnlyList<string> classes)
    {
        int images = PartFolders.ImagesIn(folder);
        string found = images == 0 ? "holds no folder and no image" : $"holds {Counted.Of(images, "image")} and no folder";
        string[] needed = [.. classes.Select(name => Path.Combine(Path.GetFileName(folder), name))];
        return new InvalidInputException($"{folder}: a part of a set holds one folder per class, but this one {found}. "
            + $"Put the images of each class into a folder of its name ({Some(needed)}){PartFolders.OrWithout(folder)}.");
    }

    /// <summary>What to do where one folder was found: perhaps the classes are in it.</summary>
    private static string Below(string folder, string only)
    {
        string path = Path.Combine(folder, only);
        string[] inside = FoldersOf(path);
        while (inside.Length == 1)
        {
            path = Path.Combine(path, inside[0]);
            inside = FoldersOf(path);
        }
        return inside.Length > 1 ? $"Give {path}, which holds {Some(inside)}." : "Add a folder for every other class.";
    }

    private static string Some(string[] names) =>
        string.Join(", ", names.Take(10).Select(n => $"'{n}'")) + (names.Length > 10 ? $", … ({names.Length})" : "");
}
