using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Running;

/// <summary>The networks that a run of a recipe makes, checked before any of them is trained.</summary>
public static class RecipeNetworks
{
    /// <summary>Checks what the recipe alone tells, before a folder is made: the size at which image files are read.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="methods">The methods that will train.</param>
    /// <exception cref="InvalidInputException">It is too small for a network; the message names the key and the fix.</exception>
    public static void RequireSides(Recipe recipe, IEnumerable<string> methods)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        int side = DataKinds.ImageSizeOf(recipe.Data);
        if (side == 0) { return; }
        foreach ((Architecture network, int downscale) in Of(recipe, methods).Where(n => !n.Network.ReadsText))
        {
            network.RequireSides(side, side, downscale, imageFiles: true);
        }
    }

    /// <summary>Checks that every network can read the data, and that the target can be trained in batches of this size.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="methods">The methods that will train.</param>
    /// <param name="data">D.</param>
    /// <exception cref="InvalidInputException">One of them cannot.</exception>
    public static void RequireInputs(Recipe recipe, IEnumerable<string> methods, LabeledDataset data)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        foreach ((Architecture network, int downscale) in Of(recipe, methods)) { network.RequireInputs(data, downscale); }
        if (recipe.Training.BatchSize == 1) { RequireNoBatchNorm(recipe, data); }
    }

    /// <summary>The trainer refuses it too, but only after an irreducible-loss model was trained.</summary>
    private static void RequireNoBatchNorm(Recipe recipe, LabeledDataset data)
    {
        using nn.Module<Tensor, Tensor> target = Architecture.TargetOf(recipe).Create(data, seed: 0);
        if (!target.named_modules().Any(m => m.module is TorchSharp.Modules.BatchNorm2d)) { return; }
        throw new InvalidInputException(
            $"training.batch-size must be at least 2 for {recipe.Model.Name}, because BatchNorm learns the statistics of batches, but is 1. "
            + "Set it, or choose mlp or small-cnn as model.name.");
    }

    /// <summary>The target, and where a method asks for them the irreducible-loss model and the proxy, each with its downscaling.</summary>
    private static IEnumerable<(Architecture Network, int Downscale)> Of(Recipe recipe, IEnumerable<string> methods)
    {
        string[] names = [.. methods];
        yield return (Architecture.TargetOf(recipe), 1);
        bool trains = names.Any(Methods.NeedsIrreducibleLosses) && !File.Exists(recipe.IrreducibleLoss.File);
        if (trains) { yield return (IrreducibleLossName.ArchitectureOf(recipe), 1); }
        ArmSelection[] arms = [.. names.Select(name => new ArmSelection(recipe, new Arm(name, Seed: 0), null))];
        if (arms.FirstOrDefault(arm => arm.UsesProxy) is { } proxied)
        {
            bool averaged = arms.Any(arm => arm.UsesProxy && !arm.ChoosesOnce);   // svp's proxy reads images as they are
            yield return (proxied.ProxyArchitecture, averaged ? int.Parse(recipe.Scoring.ProxyDownscale, CultureInfo.InvariantCulture) : 1);
        }
    }
}
