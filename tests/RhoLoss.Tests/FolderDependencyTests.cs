using System.Text.RegularExpressions;

namespace RhoLoss.Tests;

/// <summary>The arrows between the folders of the library that CONTRIBUTING.md tells of.</summary>
public sealed partial class FolderDependencyTests
{
    private const string Folders =
        "Accelerators|Data|Logging|Models|Native|Objectives|Optimization|Pretrained|Randomness|Selection|Serialization|Training";

    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Accelerators"] = [],
        ["Native"] = [],
        ["Objectives"] = [],
        ["Optimization"] = [],
        ["Serialization"] = [],
        ["Randomness"] = ["Accelerators"],
        ["Data"] = ["Accelerators", "Objectives", "Randomness"],
        ["Models"] = ["Optimization", "Randomness"],
        ["Selection"] = ["Accelerators", "Data", "Objectives", "Optimization", "Randomness", "Serialization"],
        ["Training"] = ["Accelerators", "Selection", "Data", "Objectives", "Optimization", "Randomness", "Serialization"],
        ["Logging"] = ["Training", "Selection", "Serialization"],
        ["Pretrained"] = ["Models", "Data", "Serialization"],
    };

    [Fact]
    public void Folders_of_the_library_use_those_below_them_and_no_others()
    {
        string library = Path.Combine(PackageTests.Root(), "src", "RhoLoss");
        string[] folders = [.. Directory.EnumerateDirectories(library).Select(path => Path.GetFileName(path)).Except(["bin", "obj"])];
        folders.ShouldBe(Arrows.Keys, ignoreOrder: true);
        foreach (string folder in folders)
        {
            IEnumerable<string> files = Directory.EnumerateFiles(Path.Combine(library, folder), "*.cs", SearchOption.AllDirectories);
            string[] used = [.. files.SelectMany(file => Room().Matches(File.ReadAllText(file)))
                .Select(m => m.Groups["room"].Value).Except([folder])];
            used.ShouldBeSubsetOf(Arrows[folder], $"{folder} uses a folder that is not below it");
        }
    }

    /// <summary>A using directive, or a name that begins with a folder's.</summary>
    [GeneratedRegex(@"(using RhoLoss\.|[^\w.""/](?=(" + Folders + @")\.[A-Z]))(?<room>\w+)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Room();
}
