namespace RhoLoss.Datasets.Images;

/// <summary>Lists the images of a folder that has one folder per class.</summary>
internal static class ImageTree
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>Names of the class folders, in ordinal order: class 0 first.</summary>
    /// <exception cref="InvalidInputException">There are none.</exception>
    public static string[] ClassesOf(string folder)
    {
        string[] classes = [.. Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)!).Where(name => name[0] != '.').Order(StringComparer.Ordinal)];
        return classes.Length > 0 ? classes : throw new InvalidInputException(
            $"{folder}: no images: a folder of images holds one folder per class, but this one holds no folder. Put the images of each class into a folder with the class's name.");
    }

    /// <summary>The images of every class, by class and then by name in ordinal order.</summary>
    /// <exception cref="InvalidInputException">A class has no image, or there is a class that is not among <paramref name="classes"/>.</exception>
    public static ImageFile[] Read(string folder, IReadOnlyList<string> classes)
    {
        string[] strangers = [.. ClassesOf(folder).Where(name => !classes.Contains(name, StringComparer.Ordinal))];
        if (strangers.Length > 0)
        {
            throw new InvalidInputException($"{folder}: every class must be among those of the training images, but {Some(strangers)} {(strangers.Length == 1 ? "is" : "are")} not. Rename or remove the {(strangers.Length == 1 ? "folder" : "folders")}.");
        }
        string[][] byClass = [.. classes.Select(name => ImagesOf(Path.Combine(folder, name)))];
        if (byClass.All(images => images.Length == 0))
        {
            throw new InvalidInputException($"{folder}: no images: none of the {classes.Count} class folders holds a file whose name ends with {string.Join(", ", Extensions)}. Give the folder that holds the class folders.");
        }
        string[] empty = [.. classes.Where((_, c) => byClass[c].Length == 0)];
        if (empty.Length > 0)
        {
            throw new InvalidInputException($"{folder}: every class needs at least one image, but {Some(empty)} {(empty.Length == 1 ? "has" : "have")} none. Add images (.jpg, .jpeg, .png), or remove the class from every part of the set.");
        }
        return [.. byClass.SelectMany((images, c) => images.Select(path => new ImageFile(path, c)))];
    }

    private static string[] ImagesOf(string folder) => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal),
    ];

    private static string Some(string[] names) => string.Join(", ", names.Take(10).Select(n => $"'{n}'")) + (names.Length > 10 ? $", … ({names.Length})" : "");
}
