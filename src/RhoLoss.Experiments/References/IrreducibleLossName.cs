using System.Globalization;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;

namespace RhoLoss.Experiments.References;

/// <summary>
/// The name of a file of irreducible losses: data set and network for the reader, the settings that decide the losses, and the content of
/// their data. The folder that the data are in is not part of it: the same set in another place is the same set.
/// </summary>
internal static class IrreducibleLossName
{
    /// <summary>End of the name of the model that losses are of.</summary>
    public const string ModelEnding = ".model.safetensors";

    /// <summary>Path of the losses for a training set and a holdout of these fingerprints; null for a cross-fit.</summary>
    public static string PathFor(Recipe recipe, string training, string? holdout)
    {
        if (recipe.IrreducibleLoss.File.Length > 0) { return recipe.IrreducibleLoss.File; }
        double temperature = recipe.IrreducibleLoss.Temperature;
        string ending = temperature == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-t{temperature}");
        string content = DecidingKeys.Hash([training, holdout ?? "no holdout", .. WeightsOf(recipe)]);
        return Path.Combine(IrreducibleLossFile.DefaultFolder, $"{SettingsOf(recipe)}-{content}{ending}.safetensors");
    }

    /// <summary>How the names of this data set and network begin.</summary>
    public static string StemOf(Recipe recipe) => $"{recipe.Data.Set}-{ArchitectureOf(recipe).Title}";

    /// <summary>How the names of these settings begin. All temperatures are losses of one model.</summary>
    public static string SettingsOf(Recipe recipe) => $"{StemOf(recipe)}-{DecidingKeys.Hash(IrreducibleLossSettings.LinesOf(recipe))}";

    private static IEnumerable<string> WeightsOf(Recipe recipe) => PreviousRun.HashOf(recipe) is { } hash ? [hash] : [];

    /// <summary>The recipe of the model, whatever the temperature of the losses.</summary>
    public static Recipe AtTemperatureOne(Recipe recipe) =>
        recipe with { IrreducibleLoss = recipe.IrreducibleLoss with { Temperature = 1 } };

    /// <summary>The network.</summary>
    public static Architecture ArchitectureOf(Recipe recipe) => new(recipe.IrreducibleLoss.Model, recipe.IrreducibleLoss.Hidden);
}
