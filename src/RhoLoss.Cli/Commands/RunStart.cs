using System.CommandLine;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Runs;
using RhoLoss.Serialization;

namespace RhoLoss.Cli.Commands;

/// <summary>Opens the run folder of a command: a new one with the resolved recipe in it, or the one to resume.</summary>
internal static class RunStart
{
    /// <summary>Where runs go that name no folder.</summary>
    public const string DefaultRoot = "runs";

    /// <summary>The command as given, for <c>environment.json</c>.</summary>
    public static string CommandLine => string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Prepend("rho"));

    public static (Recipe Recipe, RunFolder Folder) Open(ParseResult parsed, CommonOptions common, string? resume, Action<Recipe> validate, IReadOnlyList<string>? more = null)
    {
        string? name = parsed.GetValue(common.Recipe);
        List<string> overrides = [.. common.Overrides(parsed), .. more ?? []];
        string? directory = parsed.GetValue(common.Out);
        if (resume is not null)
        {
            if (name is not null || overrides.Count > 0 || directory is not null)
            {
                throw new InvalidInputException("--resume continues a run as it was started, so it takes neither a recipe nor --out nor anything that changes the recipe. Give --resume FOLDER alone.");
            }
            RunFolder existing = RunFolder.Open(resume);
            existing.EnsureWritable();
            Recipe stored = RecipeLoader.Load(existing.ConfigPath, []).Recipe;
            validate(stored);
            return (stored, existing);
        }
        if (name is null) { throw new InvalidInputException($"Give a recipe ({string.Join(", ", RecipeLoader.ShippedNames)}, or the path of a TOML file), or --resume FOLDER."); }

        ResolvedRecipe resolved = RecipeLoader.Load(name, overrides);
        validate(resolved.Recipe);
        RunFolder folder = directory is null ? RunFolder.Create(DefaultRoot, resolved.Recipe.Name) : RunFolder.CreateAt(directory);
        AtomicFile.WriteAllText(folder.ConfigPath, resolved.ToToml());
        common.WriteNotes(parsed, RecipeNotes.Of(resolved));
        return (resolved.Recipe, folder);
    }

    /// <summary>Runs a command in its folder. A new run that bad input ends before anything was trained leaves no folder behind.</summary>
    public static T Run<T>(RunFolder folder, bool resumed, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (InvalidInputException) when (!resumed)
        {
            folder.Discard();
            throw;
        }
    }

    /// <summary>Writes <c>environment.json</c> and returns its short form.</summary>
    public static MachineSummary RecordEnvironment(Recipe recipe, RunFolder folder)
    {
        EnvironmentReport report = EnvironmentReport.Capture(DateTimeOffset.UtcNow, recipe.Machine.Threads, recipe.Machine.Device, CommandLine);
        report.Save(folder.EnvironmentPath);
        return MachineSummary.From(report);
    }
}
