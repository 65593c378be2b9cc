namespace RhoLoss.Tests;

/// <summary>The longest line of code that CONTRIBUTING.md and .editorconfig allow.</summary>
public sealed class LineLengthTests
{
    private const int Longest = 140;

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

    /// <summary>The C# files of a folder and those below it, without what a build writes.</summary>
    private static IEnumerable<string> CodeIn(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs").Concat(Directory.EnumerateDirectories(folder)
            .Where(below => Path.GetFileName(below) is not ("bin" or "obj"))
            .SelectMany(CodeIn));
}
