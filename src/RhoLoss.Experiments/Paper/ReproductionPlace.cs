using RhoLoss.Experiments.Store;

namespace RhoLoss.Experiments.Paper;

/// <summary>Looks at the folder that an experiment is to be written into: nothing there may be lost that is not its own.</summary>
public static class ReproductionPlace
{
    private const string Fix = "Give another --out.";

    /// <summary>Refuses a folder that has another experiment, or files of other people under the names that are written.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="id">The experiment.</param>
    /// <param name="parts">Folders of its parts: where one is, the experiment was begun here.</param>
    /// <exception cref="InvalidInputException">It has.</exception>
    public static void Require(string folder, string id, IEnumerable<string> parts)
    {
        string result = Path.Combine(folder, Reproduction.FileName);
        WrittenOver.Require(result, $"the result of {id}", path => Reproduction.Load(path).Id == id, Fix);
        if (File.Exists(result) || parts.Any(Directory.Exists)) { return; }
        foreach ((string name, string what) in new[] { (ReproductionPage.FileName, "page"), ($"{id}.png", "picture") })
        {
            WrittenOver.Require(Path.Combine(folder, name), $"a {what} of {id}", _ => false, Fix);
        }
    }

    /// <summary>The same for the page of a collection of experiments.</summary>
    /// <param name="root">A folder with one folder an experiment.</param>
    /// <exception cref="InvalidInputException">Another file is where that page goes.</exception>
    public static void RequireCollection(string root) => WrittenOver.Require(
        Path.Combine(root, ReproductionPage.CollectionName), "a page",
        path => File.ReadLines(path).FirstOrDefault() == ReproductionPage.Heading, Fix);
}
