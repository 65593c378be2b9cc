using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RhoLoss.Tests;

/// <summary>The arrows between the folders of the library, the data sets and the experiments that CONTRIBUTING.md tells of.</summary>
public sealed class FolderDependencyTests
{
    private const string Table = "KnownDatasets.cs";

    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Accelerators"] = [],
        ["Native"] = [],
        ["NGrams"] = [],
        ["Objectives"] = [],
        ["Optimization"] = ["Native"],
        ["Serialization"] = [],
        ["Randomness"] = ["Accelerators"],
        ["Data"] = ["Accelerators", "Native", "Objectives", "Randomness"],
        ["Selection"] = ["Accelerators", "Data", "Native", "NGrams", "Objectives", "Optimization", "Randomness", "Serialization"],
        ["Training"] = ["Accelerators", "Selection", "Data", "Objectives", "Optimization", "Randomness", "Serialization"],
        ["Inspection"] = ["Data", "Randomness", "Training"],
    };

    private static readonly Dictionary<string, string[]> ArrowsOfModels = new(StringComparer.Ordinal)
    {
        ["Models"] = ["Native", "Optimization", "Randomness"],
        ["Pretrained"] = ["Models", "Data", "Native", "Optimization", "Serialization"],
    };

    /// <summary>The assemblies that each refers to by itself; Experiments and Cli get what is below through those above it.</summary>
    private static readonly Dictionary<string, string[]> ArrowsOfAssemblies = new(StringComparer.Ordinal)
    {
        ["RhoLoss"] = [],
        ["RhoLoss.Models"] = ["RhoLoss"],
        ["RhoLoss.Logging"] = ["RhoLoss"],
        ["RhoLoss.Datasets"] = ["RhoLoss"],
        ["RhoLoss.Experiments"] = ["RhoLoss.Datasets", "RhoLoss.Logging", "RhoLoss.Models"],
        ["RhoLoss.Cli"] = ["RhoLoss.Experiments"],
    };

    private static readonly Dictionary<string, string[]> ArrowsOfDatasets = new(StringComparer.Ordinal)
    {
        ["Names"] = [],
        ["Files"] = [],
        ["Tables"] = ["Files", "Names"],
        ["Labels"] = ["Names", "Tables"],
        ["Splits"] = ["Labels", "Names"],
        ["Corruption"] = [],
        ["Cache"] = ["Files"],
        ["Idx"] = ["Cache", "Files", "Labels", "Splits"],
        ["Cifar"] = ["Cache", "Files", "Labels", "Splits"],
        ["Npy"] = ["Cache", "Files", "Idx", "Labels", "Splits"],
        ["Images"] = ["Files", "Labels", "Names", "Splits", "Tables"],
        ["Corpus"] = ["Files", "Images", "Tables", "Text"],
        ["Text"] = ["Cache", "Files", "Images", "Labels", "Names", "Splits", "Tables"],
    };

    private static readonly Dictionary<string, string[]> ArrowsOfExperiments = new(StringComparer.Ordinal)
    {
        ["Registry"] = [],
        ["Logging"] = [],
        ["Store"] = [],
        ["Recipes"] = ["Registry"],
        ["Plots"] = ["Registry"],
        ["Networks"] = ["Recipes", "Registry"],
        ["Reports"] = ["Recipes", "Registry", "Store"],
        ["Data"] = ["Networks", "Recipes", "Registry"],
        ["References"] = ["Data", "Logging", "Networks", "Recipes", "Registry", "Store"],
        ["Benchmarking"] = ["Networks", "Recipes", "Registry", "Reports", "Store"],
        ["Approximations"] = ["Data", "Networks", "Reports"],
        ["Arms"] = ["Data", "Logging", "Networks", "Recipes", "References", "Registry", "Reports", "Store"],
        ["Workflows"] =
        [
            "Arms", "Benchmarking", "Data", "Logging", "Networks", "Plots", "Recipes", "References", "Registry", "Reports", "Store",
        ],
        ["Paper"] =
        [
            "Approximations", "Arms", "Data", "Networks", "Plots", "Recipes", "Registry", "Reports", "Store", "Workflows",
        ],
    };

    [Fact]
    public void Folders_of_the_library_use_those_below_them_and_no_others() => CheckArrows("RhoLoss", "RhoLoss", Arrows);

    [Fact]
    public void Folders_of_the_models_use_those_below_them_and_no_others() => CheckArrows("RhoLoss.Models", "RhoLoss", ArrowsOfModels);

    [Fact]
    public void Assemblies_refer_to_those_below_them_and_no_others()
    {
        foreach ((string project, string[] below) in ArrowsOfAssemblies)
        {
            XDocument file = XDocument.Load(Path.Combine(ProjectFolder(project), $"{project}.csproj"));
            file.Descendants("ProjectReference").Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value))
                .ShouldBe(below, ignoreOrder: true, project);
        }
        Directory.GetDirectories(Path.Combine(PackageTests.Root(), "src"))
            .Where(folder => Directory.GetFiles(folder, "*.csproj").Length > 0)
            .Select(folder => Path.GetFileName(folder)).ShouldBe(ArrowsOfAssemblies.Keys, ignoreOrder: true);
    }

    [Fact]
    public void Folders_of_the_data_sets_use_those_below_them_and_no_others()
    {
        CheckArrows("RhoLoss.Datasets", "RhoLoss.Datasets", ArrowsOfDatasets);
        string root = ProjectFolder("RhoLoss.Datasets");
        // What all of them share lies in the project's own folder, and so does the table of sets, which is above them all.
        Regex room = Room("RhoLoss.Datasets", ArrowsOfDatasets.Keys);
        Directory.EnumerateFiles(root, "*.cs").Where(file => room.IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetFileName(file)).ShouldBe([Table]);
        string table = Path.GetFileNameWithoutExtension(Table);
        ArrowsOfDatasets.Keys.SelectMany(folder => FilesIn(Path.Combine(root, folder)))
            .Where(file => File.ReadAllText(file).Contains(table, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Folders_of_the_experiments_use_those_below_them_and_no_others() => CheckArrows(
        // Its rooms are called like properties (Data, Arms), so only the whole name tells.
        "RhoLoss.Experiments", "RhoLoss.Experiments", ArrowsOfExperiments, Whole("RhoLoss.Experiments"));

    // A table of arrows in which each folder stands below those that use it has no cycle: the order of its lines is one.
    [Fact]
    public void The_arrows_of_the_experiments_point_down()
    {
        string[] order = [.. ArrowsOfExperiments.Keys];
        ArrowsOfExperiments.ShouldAllBe(room => room.Value.All(used => Array.IndexOf(order, used) < Array.IndexOf(order, room.Key)));
    }

    private static void CheckArrows(string project, string space, Dictionary<string, string[]> arrows, Regex? names = null)
    {
        string root = ProjectFolder(project);
        string[] folders =
        [
            .. Directory.EnumerateDirectories(root).Where(path => FilesIn(path).Any())
                .Select(path => Path.GetFileName(path)).Except(["bin", "obj"]),
        ];
        folders.ShouldBe(arrows.Keys, ignoreOrder: true);
        Regex room = names ?? Room(space, folders);
        foreach (string folder in folders)
        {
            string[] used = [.. FilesIn(Path.Combine(root, folder)).SelectMany(file => room.Matches(File.ReadAllText(file)))
                .Select(m => m.Groups["room"].Value).Except([folder])];
            used.ShouldBeSubsetOf(arrows[folder], $"{folder} of {project} uses a folder that is not below it");
        }
    }

    private static string ProjectFolder(string project) => Path.Combine(PackageTests.Root(), "src", project);

    private static IEnumerable<string> FilesIn(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories);

    /// <summary>The whole name of a room, in a using directive or before a type.</summary>
    private static Regex Whole(string project) => new(
        $"""(?<!namespace ){Regex.Escape(project)}\.(?<room>\w+)""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeout: TimeSpan.FromSeconds(30));

    /// <summary>A using directive, or a name that begins with a folder's.</summary>
    private static Regex Room(string space, IEnumerable<string> folders) => new(
        $"""(using (static )?{Regex.Escape(space)}\.|[^\w."/](?=({string.Join('|', folders)})\.[A-Z]))(?<room>\w+)""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeout: TimeSpan.FromSeconds(30));
}
