using System.Text.RegularExpressions;
using RhoLoss.Experiments.Tests.Registry;

namespace RhoLoss.Experiments.Tests;

/// <summary>What CONTRIBUTING.md promises of the house.</summary>
public sealed partial class ContributingTests
{
    private static readonly string[] Rows =
    [
        .. RegistryText.Read("CONTRIBUTING.md").Split("## To add something\n")[1].Split("\n## ")[0].Split('\n')
            .Where(line => line.StartsWith("| a", StringComparison.Ordinal)),
    ];

    [Fact]
    public void Every_file_that_the_table_of_additions_names_is_there()
    {
        string[] paths = [.. Rows.SelectMany(row => PathOf().Matches(row)).Select(match => match.Groups["path"].Value)];

        paths.Length.ShouldBeGreaterThan(Rows.Length);
        paths.Where(path => !Path.Exists(Path.Combine(DocumentationTests.Root(), path))).ShouldBeEmpty();
    }

    // A class or function of the library, and a row.
    [Theory]
    [InlineData("a selection method", "RhoLoss")]
    [InlineData("a scorer", "RhoLoss")]
    [InlineData("a model", "RhoLoss.Models")]
    public void What_a_recipe_can_name_is_added_by_touching_two_source_files(string what, string library)
    {
        string touched = Rows.Single(row => row.StartsWith($"| {what} |", StringComparison.Ordinal)).Split(" | ")[1];

        PathOf().Matches(touched).Select(match => match.Groups["path"].Value.Split('/')[1])
            .ShouldBe([library, "RhoLoss.Experiments"]);
    }

    // A source, and a line of the table of sets.
    [Fact]
    public void A_data_set_is_added_by_touching_two_source_files_and_the_one_that_is_named_is_no_more()
    {
        string touched = Rows.Single(row => row.StartsWith("| a data set or format |", StringComparison.Ordinal)).Split(" | ")[1];
        string[] paths = [.. PathOf().Matches(touched).Select(match => match.Groups["path"].Value)];

        paths.ShouldBe(["src/RhoLoss.Datasets/Npy/AmbiguousMnist.cs", "src/RhoLoss.Datasets/KnownDatasets.cs"]);
        string source = Path.GetFileNameWithoutExtension(paths[0]);
        Directory.EnumerateFiles(Path.Combine(DocumentationTests.Root(), "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => File.ReadAllText(path).Contains($"{source}.", StringComparison.Ordinal))
            .Select(path => Path.GetFileName(path)).ShouldBe(["KnownDatasets.cs"]);
    }

    [Fact]
    public void The_tables_use_the_library_alone_and_recipes_the_tables_alone()
    {
        UsedBy("Registry").ShouldBeEmpty();
        UsedBy("Recipes").ShouldBe(["Registry"]);
    }

    /// <summary>Other folders of the experiments whose namespace a file of this one opens.</summary>
    private static IEnumerable<string> UsedBy(string folder) =>
        Directory.EnumerateFiles(Path.Combine(DocumentationTests.Root(), "src", "RhoLoss.Experiments", folder), "*.cs")
            .SelectMany(path => Using().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups["folder"].Value).Where(used => used != folder).Distinct().Order(StringComparer.Ordinal);

    [GeneratedRegex("`(?<path>(src|tests|docs|samples|benchmarks)/[^`]+)`",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 30_000)]
    private static partial Regex PathOf();

    [GeneratedRegex(@"using (static )?RhoLoss\.Experiments\.(?<folder>\w+)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 30_000)]
    private static partial Regex Using();
}
