namespace RhoLoss.Datasets.Images;

/// <summary>The folders of the parts of a set, found whatever their case and for the usual spellings.</summary>
/// <param name="Train">Name of the folder of D.</param>
/// <param name="Holdout">Name of the folder of D_ho; null for none.</param>
/// <param name="Test">Name of the folder of the test set.</param>
internal sealed record PartFolders(string Train, string? Holdout, string Test)
{
    private const int MostNamed = 10;

    /// <summary>As folders are called. Those of an evaluation are the test set, as Hugging Face's datasets have it.</summary>
    private static readonly Dictionary<string, string[]> Spellings = new(StringComparer.Ordinal)
    {
        ["train"] = ["train", "training", "trains", "trn"],
        ["holdout"] = ["valid", "val", "validation", "validate", "vals", "dev", "devel", "development", "holdout", "heldout"],
        ["test"] = ["test", "testing", "tests", "tst", "eval", "evaluation", "evaluate"],
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
        if (train is null && !IsPart(holdout) && !IsPart(test) && (holdout is null || test is null))
        {
            RequireClasses(directory, folders);
            return null;
        }
        if (train is null || test is null)
        {
            string found = string.Join(" and ", new[] { (train, "the training set"), (holdout, "the holdout"), (test, "the test set") }
                .Where(part => part.Item1 is not null).Select(part => $"'{part.Item1}' for {part.Item2}"));
            string other = train is null || !IsPart(train) ? "If a folder holds a class of that name, give it another name"
                : $"To have a fifth of each class as test set, give {Path.Combine(directory, train)} alone";
            throw new InvalidInputException(
                $"{directory}: a set in parts needs a folder 'train' and a folder 'test', but there is {found} only. "
                + $"{Beside([.. byPart[null]])}Add '{(train is null ? "train" : "test")}' with one folder per class. {other}.");
        }
        foreach (string beside in byPart[null]) { leftOut.Add(LeftOutKind.BesideParts, Path.Combine(directory, beside)); }
        return new PartFolders(train, holdout, test);

        string? One(string part)
        {
            string[] named = [.. byPart[part]];
            if (named.Length < 2) { return named.FirstOrDefault(); }
            string means = part switch { "train" => "the training set", "test" => "the test set", _ => "the holdout" };
            string all = string.Join(" and ", named.Select(name => $"'{name}'"));
            string meant = named.Any(name => name.StartsWith("eval", StringComparison.OrdinalIgnoreCase))
                ? " If one of them is the holdout, call it 'valid'." : "";
            throw new InvalidInputException($"{directory}: {means} is one folder, but there are {all}. "
                + $"Remove or rename all but one.{meant}");
        }

        // They are not left out of a set here, but may be what the missing part is called.
        static string Beside(string[] others) => others.Length == 0 ? ""
            : $"Not known as parts: {Named(others)}. ";

        // A class may have such a name, as in 'valid' beside 'invalid': then it holds images, where a part holds folders.
        bool IsPart(string? folder) => folder is not null && HoldsFolders(directory, folder);
    }

    /// <summary>The parts that a folder is one of by the folders in it; fewer than two for a class.</summary>
    public static int PartsIn(string folder) => ImageTree.FoldersOf(folder).Select(PartOf).OfType<string>().Distinct().Count();

    /// <summary>
    /// Folders of folders that have names of parts among their words (seg_train, images-test, val2017) are no classes, and which part they
    /// are is not guessed.
    /// </summary>
    private static void RequireClasses(string directory, string[] folders)
    {
        string[] alike = [.. folders.Where(name => PartsAmongWords(name).Any() && HoldsFolders(directory, name))];
        if (alike.SelectMany(PartsAmongWords).Distinct().Count() < 2) { return; }
        throw new InvalidInputException($"{directory}: {Named(alike)} hold folders and are called as parts of a set are, but not quite. "
            + "Rename them to 'train', 'valid' and 'test', each with one folder per class.");
    }

    private static bool HoldsFolders(string directory, string name) => ImageTree.FoldersOf(Path.Combine(directory, name)).Length > 0;

    private static IEnumerable<string> PartsAmongWords(string folder) =>
        folder.Split([.. folder.Where(c => !char.IsLetter(c))], StringSplitOptions.RemoveEmptyEntries).Select(PartOf).OfType<string>();

    private static string Named(string[] folders) =>
        string.Join(", ", folders.Take(MostNamed).Select(name => $"'{name}'")) + (folders.Length > MostNamed ? ", …" : "");

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
