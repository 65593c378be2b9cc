using System.Text.RegularExpressions;

namespace RhoLoss.Experiments.Tests.Registry;

/// <summary>What the tables of methods, scorers and models are held against: documents and source.</summary>
internal static partial class RegistryText
{
    public static string Read(string path) =>
        File.ReadAllText(Path.Combine(DocumentationTests.Root(), path)).ReplaceLineEndings("\n");

    /// <summary>Whether it can be a word of a recipe and part of an arm's name: no +, @ and ~.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    public static bool IsColor(string text) => Color().IsMatch(text);

    /// <summary>Source files of the tool that hold one of these names, other than the table and the experiments of the paper.</summary>
    public static IReadOnlyList<string> FilesNaming(IReadOnlyList<string> names, string table)
    {
        string source = Path.Combine(DocumentationTests.Root(), "src");
        return
        [
            .. new[] { "RhoLoss.Experiments", "RhoLoss.Cli" }
                .SelectMany(project => Directory.EnumerateFiles(Path.Combine(source, project), "*.cs", SearchOption.AllDirectories))
                .Select(path => Path.GetRelativePath(source, path).Replace('\\', '/'))
                .Where(path => !Path.GetFileName(path).StartsWith(Path.ChangeExtension(table, null) + ".", StringComparison.Ordinal)
                    && !path.Contains("/Paper/Definitions/", StringComparison.Ordinal)
                    && !path.Contains("/obj/", StringComparison.Ordinal))
                .SelectMany(path => names
                    .Where(name => File.ReadAllText(Path.Combine(source, path)).Contains($"\"{name}\"", StringComparison.Ordinal))
                    .Select(name => $"{path}: {name}")),
        ];
    }

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 30_000)]
    private static partial Regex Name();

    [GeneratedRegex("^#[0-9A-F]{6}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 30_000)]
    private static partial Regex Color();
}
