using RhoLoss.Experiments.Recipes;
using RhoLoss.Logging;
using RhoLoss.Selection;

namespace RhoLoss.Experiments.References;

/// <summary>
/// The settings that decide the losses of a recipe, as they are kept with them. A file whose name the program makes is found by their hash;
/// one that the user names may be of any settings, which are held against the recipe's when it is read.
/// </summary>
internal static class IrreducibleLossSettings
{
    private const int MostNamed = 5;

    /// <summary>Those that do not have their default, a line each, and the content of the weights that the losses are of.</summary>
    public static string Of(Recipe recipe)
    {
        string[] content = PreviousRun.HashOf(recipe) is { } hash ? [$"irreducible-loss.weights (SHA-256)={hash}"] : [];
        return string.Join('\n', LinesOf(recipe).Concat(content));
    }

    /// <summary>
    /// Those that do not have their default and are read, a line each. All temperatures are losses of one model, and how one is trained
    /// decides nothing where it is there.
    /// </summary>
    public static IEnumerable<string> LinesOf(Recipe recipe) =>
        DecidingKeys.SettingsOf(IrreducibleLossName.AtTemperatureOne(recipe), Decides.Losses)
            .Where(line => recipe.IrreducibleLoss.Reference.Trains || !KeyScopes.OfLossTraining.Contains(line.Split('=')[0]));

    /// <summary>Refuses losses of a file that the user named, if they were made with other settings.</summary>
    /// <exception cref="InvalidInputException">The message names those that differ.</exception>
    public static void RequireSame(string path, Recipe recipe, IrreducibleLossFacts facts)
    {
        if (recipe.IrreducibleLoss.File.Length == 0 || facts.Settings is not { } kept) { return; }
        Dictionary<string, string> there = Parse(kept), here = Parse(Of(recipe));
        string[] differing =
        [
            .. there.Keys.Union(here.Keys).Where(key => ValueOf(key, there) != ValueOf(key, here)).Order(StringComparer.Ordinal),
        ];
        if (differing.Length == 0) { return; }
        string list = string.Join(", ", differing.Take(MostNamed).Select(
            key => $"{key} was {ValueOf(key, there)} and is {ValueOf(key, here)}"));
        throw new InvalidInputException(
            $"{path} holds irreducible losses that were made with other settings: {list}{(differing.Length > MostNamed ? ", …" : "")}. "
            + "Set them as they were, or name another irreducible-loss.file.");
    }

    /// <summary>Says which keys of the recipe do not apply, where a file that the user named does not tell its settings.</summary>
    public static void NoteUnknown(string path, Recipe recipe, IrreducibleLossFacts facts, Action<RunEvent> report)
    {
        if (recipe.IrreducibleLoss.File.Length == 0 || facts.Settings is not null) { return; }
        string[] keys =
        [
            .. Parse(Of(recipe)).Keys
                .Where(key => key.StartsWith("irreducible-loss.", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
        if (keys.Length == 0) { return; }
        report(new RunEvent.Notice(
            $"{path} does not say with which settings its losses were made: {string.Join(", ", keys)} "
            + $"{(keys.Length == 1 ? "does" : "do")} not apply to them."));
    }

    /// <summary>Refuses recipes that want different losses in one file that the user named.</summary>
    /// <exception cref="InvalidInputException">Two do.</exception>
    public static void RequireOneEach(IEnumerable<Recipe> recipes)
    {
        foreach (IGrouping<string, Recipe> file in recipes.Where(recipe => recipe.IrreducibleLoss.File.Length > 0)
            .GroupBy(recipe => recipe.IrreducibleLoss.File, StringComparer.Ordinal))
        {
            Dictionary<string, string>[] settings = [.. file.Select(recipe => Parse(Of(recipe)))];
            string[] differing =
            [
                .. settings.SelectMany(s => s.Keys).Distinct(StringComparer.Ordinal)
                    .Where(key => settings.Select(s => ValueOf(key, s)).Distinct(StringComparer.Ordinal).Count() > 1),
            ];
            if (differing.Length == 0) { continue; }
            throw new InvalidInputException(
                $"{string.Join(", ", differing)} decides the irreducible losses and differs from point to point, but irreducible-loss.file "
                + $"names one file for all: {file.Key}. Leave it out, and every setting has a file of its own.");
        }
    }

    private static Dictionary<string, string> Parse(string settings) => settings.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2)
        .GroupBy(parts => parts[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First()[1], StringComparer.Ordinal);

    private static string ValueOf(string key, Dictionary<string, string> settings) => settings.GetValueOrDefault(key)
        ?? RecipeKeys.All.FirstOrDefault(known => known.Name == key)?.DefaultToml ?? "not known";
}
