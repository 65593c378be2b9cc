namespace RhoLoss.Datasets.Images;

/// <summary>The folders of the parts of a set, found whatever their case and for the usual spellings.</summary>
/// <param name="Train">Name of the folder of D.</param>
/// <param name="Holdout">Name of the folder of D_ho; null for none.</param>
/// <param name="Test">Name of the folder of the test set.</param>
internal sealed record PartFolders(string Train, string? Holdout, string Test)
{
    private static readonly Dictionary<string, string[]> Spellings = new(StringComparer.Ordinal)
    {
        ["train"] = ["train", "training"],
        ["holdout"] = ["valid", "val", "validation", "validate", "dev", "development", "holdout", "heldout"],
        ["test"] = ["test", "testing"],
    };

    /// <summary>Finds them.</summary>
    /// <param name="directory">Folder of the set.</param>
    /// <param name="leftOut">Told of other folders beside them.</param>
    /// <returns>Null where no folder is one of a part, so that the folders are those of classes.</returns>
    /// <exception cref="InvalidInputException">Two folders mean the same part, or training set or test set has none.</exception>
    public static PartFolders? Find(string directory, LeftOutFiles leftOut)
    {
        string[] folders = ImageTree.FoldersOf(directory, leftOut);
        ILookup<string?, string> byPart = folders.ToLookup(PartOf);
        string? train = One("train"), holdout = One("holdout"), test = One("test");
        if (train is null && !IsPart(holdout) && !IsPart(test) && (holdout is null || test is null)) { return null; }
        if (train is null || test is null)
        {
            string found = string.Join(" and ", new[] { (train, "the training set"), (holdout, "the holdout"), (test, "the test set") }
                .Where(part => part.Item1 is not null).Select(part => $"'{part.Item1}' for {part.Item2}"));
            string other = train is null ? "If a folder holds a class of that name, give it another name"
                : $"To have a fifth of each class as test set, give {Path.Combine(directory, train)} alone";
            throw new InvalidInputException(
                $"{directory}: a set in parts needs a folder 'train' and a folder 'test', but there is {found} only. "
                + $"Add '{(train is null ? "train" : "test")}' with one folder per class. {other}.");
        }
        foreach (string beside in byPart[null]) { leftOut.Add(LeftOutKind.BesideParts, Path.Combine(directory, beside)); }
        return new PartFolders(train, holdout, test);

        string? One(string part)
        {
            string[] named = [.. byPart[part]];
            if (named.Length < 2) { return named.FirstOrDefault(); }
            string means = part switch { "train" => "the training set", "test" => "the test set", _ => "the holdout" };
            string all = string.Join(" and ", named.Select(name => $"'{name}'"));
            throw new InvalidInputException($"{directory}: {means} is one folder, but there are {all}. "
                + "Remove or rename all but one.");
        }

        // A class may have such a name, as in 'valid' beside 'invalid': then it holds images, where a part holds folders.
        bool IsPart(string? folder) => folder is not null && ImageTree.FoldersOf(Path.Combine(directory, folder)).Length > 0;
    }

    /// <summary>The parts that a folder is one of by the folders in it; fewer than two for a class.</summary>
    public static int PartsIn(string folder) => ImageTree.FoldersOf(folder).Select(PartOf).OfType<string>().Distinct().Count();

    private static string? PartOf(string folder)
    {
        string plain = string.Concat(folder.Where(char.IsLetterOrDigit)).ToLowerInvariant();
        foreach (string ending in (string[])["set", "data"])
        {
            if (plain.EndsWith(ending, StringComparison.Ordinal)) { plain = plain[..^ending.Length]; }
        }
        return Spellings.FirstOrDefault(part => part.Value.Contains(plain)).Key;
    }
}
