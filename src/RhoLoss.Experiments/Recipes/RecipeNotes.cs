using System.Globalization;
using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.Recipes;

/// <summary>What a user should know about a recipe before it runs, although it breaks no rule: each a sentence or two.</summary>
public static class RecipeNotes
{
    /// <summary>
    /// Larger images are seldom meant for a fully connected network, whose first layer grows with their number of pixels.
    /// </summary>
    private const int LargestSideForMlp = 64;

    /// <summary>All of them: those on the data, keys that have another name now, and keys that change nothing.</summary>
    public static IReadOnlyList<string> Of(ResolvedRecipe resolved) =>
        [.. OnData(resolved), .. resolved.Renamed, .. KeysWithoutEffect(resolved)];

    /// <summary>Noise in the user's own data, and images that are large for the network that reads them.</summary>
    public static IReadOnlyList<string> OnData(ResolvedRecipe resolved)
    {
        ArgumentNullException.ThrowIfNull(resolved);
        Recipe recipe = resolved.Recipe;
        return [.. Noise(recipe, resolved), .. LargeImages(recipe)];
    }

    /// <summary>
    /// Keys that somebody gave (by --set, or in a file with another value than the default) and that this recipe never reads. The recipes
    /// that ship with the tool are nobody's mistake, and neither is a default.
    /// </summary>
    public static IReadOnlyList<string> KeysWithoutEffect(ResolvedRecipe resolved)
    {
        ArgumentNullException.ThrowIfNull(resolved);
        Dictionary<string, KeyScope> scopes = KeyScopes.All.ToDictionary(scope => scope.Key, StringComparer.Ordinal);
        return
        [
            .. resolved.Values.Where(WasGiven)
                .Where(value => scopes.TryGetValue(value.Key, out KeyScope? scope) && !scope.Reads(resolved.Recipe))
                .Select(value => $"{value.Key} = {value.Value} ({value.Origin}) has no effect here: "
                    + $"it is only read {scopes[value.Key].Where}. Remove it."),
        ];
    }

    private static bool WasGiven(ResolvedValue value) => value.Origin == RecipeLoader.SetOrigin
        || (value.Origin.StartsWith(RecipeLoader.FileOrigin, StringComparison.Ordinal)
            && value.Value != RecipeKeys.Find(value.Key)!.DefaultToml);

    private static IEnumerable<string> Noise(Recipe recipe, ResolvedRecipe resolved)
    {
        if (!DataKinds.IsOwn(recipe.Data.Set) || recipe.Noise is { Kind: NoiseKind.None } or { Fraction: 0 }) { yield break; }
        string share = string.Create(CultureInfo.InvariantCulture, $"{100 * recipe.Noise.Fraction:0.##} % of the labels");
        string what = recipe.Noise.Kind == NoiseKind.Uniform ? $"{share} of your own data are replaced by random ones"
            : $"{share} of the four most confused classes of your own data are replaced by wrong ones";
        string origin = resolved.Values.First(value => value.Key == "noise.fraction").Origin;
        string start = DataKinds.IsOwnText(recipe.Data.Set) ? "texts" : "photos";
        yield return $"{what}, "
            + $"because noise.kind is {RecipeKeys.Find("noise.kind")!.WordFor(recipe.Noise.Kind)} "
            + $"and noise.fraction {TomlText.Format(recipe.Noise.Fraction)} ({origin}). "
            + $"To train on your labels as they are, start from the recipe {start}, or set noise.kind=none and noise.fraction=0.";
    }

    private static IEnumerable<string> LargeImages(Recipe recipe)
    {
        int side = DataKinds.ImageSizeOf(recipe.Data);
        if (side <= LargestSideForMlp) { yield break; }
        bool needsLosses = recipe.Arms.Any(arm => arm.Method.NeedsIrreducibleLosses);
        string[] keys = [.. ModelTable.Get(recipe.Model.Name).HasWidths ? ["model.name"] : Array.Empty<string>(),
            .. needsLosses && ModelTable.Get(recipe.IrreducibleLoss.Model).HasWidths ? ["irreducible-loss.model"] : Array.Empty<string>()];
        if (keys.Length == 0) { yield break; }
        string networks = string.Join(" and ", keys);
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{networks} = {ModelTable.Mlp} would read {3 * side * side:N0} numbers an image, ")
            + string.Create(CultureInfo.InvariantCulture, $"because images are read at {side}×{side} pixels; ")
            + $"that is slow and learns little. Set data.image-size=32, or {networks} to {ModelTable.SmallCnn}.";
    }
}
