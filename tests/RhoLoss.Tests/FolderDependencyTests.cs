using System.Text.RegularExpressions;

namespace RhoLoss.Tests;

/// <summary>The arrows between the folders of the library that CONTRIBUTING.md tells of.</summary>
public sealed partial class FolderDependencyTests
{
    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Optimization"] = [],
        ["Serialization"] = [],
        ["Data"] = [],
        ["Models"] = ["Optimization"],
        ["Selection"] = ["Data", "Optimization", "Serialization"],
        ["Training"] = ["Selection", "Data", "Optimization", "Serialization"],
        ["Pretrained"] = ["Models", "Data", "Serialization"],
    };

    [Fact]
    public void Folders_of_the_library_use_those_below_them_and_no_others()
    {
        string library = Path.Combine(PackageTests.Root(), "src", "RhoLoss");
        string[] folders = [.. Directory.EnumerateDirectories(library).Select(folder => Path.GetFileName(folder)).Where(folder => folder is not ("bin" or "obj"))];
        folders.ShouldBe(Arrows.Keys, ignoreOrder: true);
        foreach (string folder in folders)
        {
            string[] code = [.. Directory.EnumerateFiles(Path.Combine(library, folder), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText)];
            string[] used = [.. code.SelectMany(text => Room().Matches(text)).Select(m => m.Groups[1].Value).Where(room => room != folder).Distinct(StringComparer.Ordinal)];
            used.ShouldBeSubsetOf(Arrows[folder], $"{folder} uses a folder that is not below it");
        }
    }

    /// <summary>A using directive, or a name that begins with a folder's.</summary>
    [GeneratedRegex(@"(?:using RhoLoss\.|[^\w.""/](?=(?:Data|Models|Optimization|Pretrained|Selection|Serialization|Training)\.[A-Z]))(\w+)")]
    private static partial Regex Room();
}
