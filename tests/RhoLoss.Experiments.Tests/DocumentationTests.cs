using System.Text.RegularExpressions;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.Tests;

/// <summary>The documentation says what the code does.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void The_library_example_of_the_readme_is_the_sample_that_the_build_compiles()
    {
        string sample = Between(Read("samples/QuickStart/Program.cs"), "// README: begin\n", "// README: end\n");
        string readme = Between(Read("README.md"), "```csharp\n", "```\n");

        readme.ShouldBe(sample);
        readme.TrimEnd('\n').Split('\n').Length.ShouldBeLessThanOrEqualTo(13);   // the promise of a short example
    }

    [Fact]
    public void The_library_example_sets_the_threads_and_the_page_says_when_to_call_Observe()
    {
        string loop = Between(Read("README.md"), "## In your own loop\n", "## What an epoch means here\n");
        loop.ShouldContain("set_num_threads(1);   // ");   // with the reason beside it
        loop.ShouldContain("`selector.Observe(batch.Batch, logits.detach())` after `optimizer.step()`");
        loop.ShouldContain("refused at the 21st selection");   // BatchSelector's limit, see ObserveTests
    }

    [Fact]
    public void The_recipe_guide_has_the_table_of_all_keys()
    {
        Read("docs/recipes.md").ShouldContain(RecipeKeys.ToMarkdown(), Case.Sensitive);
    }

    [Fact]
    public void Every_relative_link_of_the_documentation_leads_somewhere()
    {
        string root = Root();
        string[] pages =
        [
            Path.Combine(root, "README.md"), Path.Combine(root, "CONTRIBUTING.md"),
            .. Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories),
        ];
        int links = 0;
        foreach (string page in pages)
        {
            foreach (Match link in RelativeLink().Matches(File.ReadAllText(page)))
            {
                string target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups["target"].Value);
                Path.Exists(target).ShouldBeTrue($"{page} links to {link.Groups["target"].Value}");
                links++;
            }
        }
        links.ShouldBeGreaterThan(5);   // the expression still finds links: README alone has more
    }

    [GeneratedRegex(@"\]\((?!https?:|#)(?<target>[^)#]+)(#[^)]*)?\)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 30_000)]
    private static partial Regex RelativeLink();

    internal static string Between(string text, string begin, string end)
    {
        int from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    internal static string Read(string path) => File.ReadAllText(Path.Combine(Root(), path)).ReplaceLineEndings("\n");

    internal static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RhoLoss.slnx"))) { folder = folder.Parent; }
        return folder?.FullName ?? throw new InvalidOperationException("The repository was not found above the tests.");
    }
}
