using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Cli.Commands;

/// <summary>Options that several commands share, and how they act on a recipe: each is a shorthand for <c>--set</c>.</summary>
internal sealed class CommonOptions
{
    public Argument<string> Recipe { get; } = new("recipe")
    {
        Description = "A shipped recipe by name (quickstart) or the path of a TOML file",
    };

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = "Override a key: --set noise.fraction=0.2 (repeatable)",
        HelpName = "key=value",
        DefaultValueFactory = _ => [],
        AllowMultipleArgumentsPerToken = false,
    };

    public Option<string?> Out { get; } = new("--out", "-o")
    {
        Description = "Folder for this run; default runs/RECIPE, numbered when taken",
        HelpName = "folder",
    };

    public Option<string?> Seeds { get; } = new("--seeds") { Description = "Seeds: 0..4, or 0,3,7", HelpName = "range" };

    public Option<string?> Device { get; } = new("--device")
    {
        Description = "cpu, cuda or cuda:N (CUDA is untested)",
        HelpName = "device",
    };

    public Option<int?> Threads { get; } = new("--threads")
    {
        Description = "Threads inside one operation, or auto: as many as measure fastest; 1 makes runs repeatable to the bit",
        HelpName = "count",
        CustomParser = ThreadCount,
    };

    public Option<bool> SkipBad { get; } = new("--skip-bad")
    {
        Description = "Leave out image files that cannot be read, after decoding each once",
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document on standard output and nothing else there" };

    public Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "No progress; notes on data, weights, settings and machine stay",
    };

    /// <summary>Adds the recipe argument and the options that change a recipe.</summary>
    public void AddRecipeTo(Command command)
    {
        command.Arguments.Add(Recipe);
        AddOverridesTo(command);
    }

    /// <summary>Adds the options that change a recipe.</summary>
    public void AddOverridesTo(Command command)
    {
        command.Options.Add(Set);
        command.Options.Add(Seeds);
        command.Options.Add(Device);
        command.Options.Add(Threads);
        command.Options.Add(SkipBad);
    }

    /// <summary>Loads the recipe with all overrides of the command line.</summary>
    public ResolvedRecipe Load(ParseResult parsed) => RecipeLoader.Load(parsed.GetRequiredValue(Recipe), Overrides(parsed));

    /// <summary>All overrides of the command line, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Overrides(ParseResult parsed)
    {
        List<string> overrides = [.. parsed.GetValue(Set) ?? []];
        if (parsed.GetValue(Seeds) is { } seeds) { overrides.Add($"training.seeds=[{string.Join(", ", ParseSeeds(seeds))}]"); }
        if (parsed.GetValue(Device) is { } device) { overrides.Add($"machine.device={device}"); }
        if (parsed.GetValue(Threads) is { } threads)
        {
            overrides.Add(string.Create(CultureInfo.InvariantCulture, $"machine.threads={threads}"));
        }
        if (parsed.GetValue(SkipBad)) { overrides.Add("data.skip-bad=true"); }
        return overrides;
    }

    private static int? ThreadCount(ArgumentResult given)
    {
        string text = given.Tokens.Single().Value;
        if (text == "auto") { return 0; }   // what the recipe writes for it
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0) { return number; }
        given.AddError($"--threads must be a whole number from 1, or auto, but is '{text}'.");
        return null;
    }

    internal static IReadOnlyList<long> ParseSeeds(string text)
    {
        InvalidInputException Refuse() => new(
            "--seeds must be a rising range like 0..4, of 1000 seeds at most, or a list like 0,3,7 of whole numbers from 0, "
            + $"but is '{text}'.");
        long One(string s) => long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long seed) ? seed : throw Refuse();

        string[] ends = text.Split("..");
        if (ends.Length == 1) { return [.. text.Split(',').Select(One)]; }
        long from = One(ends[0]), to = ends.Length == 2 ? One(ends[1]) : throw Refuse();
        return to >= from && to - from < 1000 ? [.. Enumerable.Range(0, (int)(to - from) + 1).Select(i => from + i)] : throw Refuse();
    }
}
