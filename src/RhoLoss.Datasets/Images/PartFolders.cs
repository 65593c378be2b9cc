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
    public static int PartsIn(string folder) => Parts(ImageTree.FoldersOf(folder));

    private static int Parts(string[] folders) => folders.Select(PartOf).OfType<string>().Distinct().Count();

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

    /// <summary>
    /// Class folders that are little but folders of the same names are parts under names of their own (tr, va, te): each class folder of
    /// theirs would be lost. One folder of the same name in each, such as CLASS/images, is how some sets keep their images.
    /// </summary>
    /// <exception cref="InvalidInputException">Two of the folders are so alike; the message says how parts are called.</exception>
    public static void RefuseAsClasses(string directory, string[] folders)
    {
        (string Folder, string Inside)[] inside =
        [
            .. folders.Select(folder => (Folder: folder, Inside: ImageTree.FoldersOf(Path.Combine(directory, folder))))
                .Where(f => f.Inside.Length > 1 && Parts(f.Inside) < 2 && f.Inside.Length > ImagesIn(Path.Combine(directory, f.Folder)))
                .SelectMany(f => f.Inside.Select(name => (f.Folder, name))),
        ];
        HashSet<string> common = [.. inside.CountBy(pair => pair.Inside).Where(name => name.Value > 1).Select(name => name.Key)];
        string[] alike =
        [
            .. inside.Where(pair => common.Contains(pair.Inside)).CountBy(pair => pair.Folder).Where(folder => folder.Value > 1)
                .Select(folder => folder.Key),
        ];
        if (alike.Length < 2) { return; }
        throw new InvalidInputException(
            $"{directory}: {Named(alike)} hold folders of the same names ({Named([.. common])}), so they look like parts of a set, "
            + $"with the classes one level down. Rename them to 'train', 'valid' and 'test' (understood are {Understood}). "
            + "If they are classes, put their images into them without folders between.");
    }

    /// <summary>Whether a folder is called as one of a part.</summary>
    public static bool IsPartName(string folder) => PartOf(Path.GetFileName(folder)) is not null;

    /// <summary>What else can be done about a part that cannot be read, after a sentence; empty where the set needs it.</summary>
    public static string OrWithout(string folder) =>
        PartOf(Path.GetFileName(folder)) == "holdout" ? ", or remove the folder: a share of the training images is the holdout then" : "";

    private static string Understood => string.Join("; ", Spellings.Values.Select(names => string.Join(", ", names)));

    /// <summary>Images that are directly in a folder.</summary>
    public static int ImagesIn(string folder) =>
        ImageWalk.Entries(folder).Count(entry => entry is FileInfo && ImageTree.IsImage(entry.Name));

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
