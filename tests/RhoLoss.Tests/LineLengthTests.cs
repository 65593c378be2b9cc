namespace RhoLoss.Tests;

/// <summary>The longest line of code that CONTRIBUTING.md and .editorconfig allow.</summary>
public sealed class LineLengthTests
{
    private const int Longest = 140, MostLines = 250;

    /// <summary>Files with more lines, and why.</summary>
    private static readonly Dictionary<string, string> LongFiles = new(StringComparer.Ordinal)
    {
        ["src/RhoLoss/Data/LabeledDataset.cs"] = "One type that users meet first: more than a third of its lines are documentation.",
        ["src/RhoLoss/Optimization/FlatParameters.cs"] = "One invariant, that all are views, which every member keeps.",
    };

    private static readonly string[] Folders = ["src", "tests", "benchmarks", "samples", "eng"];

    [Fact]
    public void No_line_of_code_has_more_than_140_characters()
    {
        string root = PackageTests.Root();
        string[] files = [.. Folders.SelectMany(folder => CodeIn(Path.Combine(root, folder))).Order(StringComparer.Ordinal)];
        Folders.ShouldAllBe(folder => files.Any(file => file.StartsWith(Path.Combine(root, folder), StringComparison.Ordinal)));
        string[] tooLong = [.. files.SelectMany(file => File.ReadLines(file).Index()
            .Where(line => line.Item.Length > Longest)
            .Select(line => $"{Path.GetRelativePath(root, file)}:{line.Index + 1}"))];
        tooLong.Take(10).ShouldBeEmpty($"{tooLong.Length} lines have more than {Longest} characters; wrap them");
    }

    [Fact]
    public void No_file_of_the_sources_has_more_than_250_lines_without_a_reason()
    {
        string root = PackageTests.Root();
        string[] longFiles =
        [
            .. CodeIn(Path.Combine(root, "src")).Where(file => File.ReadLines(file).Skip(MostLines).Any())
                .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/')).Order(StringComparer.Ordinal),
        ];
        // A file has one job: give a longer one a second file, or a reason above.
        longFiles.ShouldBe(LongFiles.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>The C# files of a folder and those below it, without what a build writes.</summary>
    private static IEnumerable<string> CodeIn(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs").Concat(Directory.EnumerateDirectories(folder)
            .Where(below => Path.GetFileName(below) is not ("bin" or "obj"))
            .SelectMany(CodeIn));
}
