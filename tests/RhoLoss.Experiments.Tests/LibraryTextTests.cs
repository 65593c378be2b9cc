using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Logging;
using RhoLoss.Models;
using RhoLoss.Randomness;

namespace RhoLoss.Experiments.Tests;

/// <summary>
/// The library speaks to those who call it: of its own types, and not of the tool, its options or the keys of its recipes.
/// </summary>
public sealed partial class LibraryTextTests
{
    private static readonly Type[] Libraries = [typeof(Seeding), typeof(Mlp), typeof(RunLogs)];

    [Fact]
    public void No_text_of_the_library_speaks_of_the_tool()
    {
        string[] texts = [.. Libraries.SelectMany(type => LiteralsOf(type.Assembly.Location))];

        texts.ShouldContain("Lower the learning rate, or check these inputs.");   // the reader finds texts
        texts.Where(SpeaksOfTheTool).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Compute them first: `rho holdout RECIPE`.", true)]
    [InlineData("Run rho train --resume again.", true)]
    [InlineData("Give another --out.", true)]
    [InlineData("Lower optimizer.learning-rate.", true)]
    [InlineData("'training.batch-size' must be larger.", true)]
    [InlineData("RHO-LOSS needs irreducible losses.", false)]
    [InlineData("A density rho of the points", false)]
    [InlineData("Call model.to(ScalarType.Float32).", false)]
    [InlineData("proxy.optimizer.learning-rate-of-old", false)]
    public void What_speaks_of_the_tool_is_told_from_what_does_not(string text, bool speaks) => SpeaksOfTheTool(text).ShouldBe(speaks);

    private static bool SpeaksOfTheTool(string text) => Tool().IsMatch(text) || Keys.IsMatch(text);

    private const string Commands =
        "bench|compare|config|data|doctor|evaluate|export|holdout|inspect|plan|reproduce|report|sweep|train|ui|worker";

    /// <summary>A command of the tool, or an option.</summary>
    [GeneratedRegex(@"`rho\b|\brho (" + Commands + @")\b|(?<![\w-])--[a-z]",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 30_000)]
    private static partial Regex Tool();

    /// <summary>A key of a recipe, but not a part of a longer name.</summary>
    private static Regex Keys { get; } = new(
        $@"(?<![\w.-])({string.Join('|', NamesWithSection)})(?![\w-]|\.\w)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(30));

    private static IEnumerable<string> NamesWithSection =>
        RecipeKeys.All.Select(key => Regex.Escape(key.Name)).Where(name => name.Contains('.'));

    /// <summary>Every string that the code of an assembly holds, as the compiler wrote it: no comment, no name.</summary>
    private static IEnumerable<string> LiteralsOf(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        for (UserStringHandle handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
        {
            yield return metadata.GetUserString(handle);
        }
    }
}
