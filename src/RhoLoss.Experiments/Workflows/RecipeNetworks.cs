using RhoLoss.Data;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Optimization;

namespace RhoLoss.Experiments.Workflows;

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
        foreach ((Architecture network, int downscale) in Of(recipe, methods).Where(n => !n.Network.Kind.ReadsText))
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
        RequirePrecision(recipe, methods);
        RequireBatches(Architecture.TargetOf(recipe), recipe.Training.BatchSize, "training.batch-size", "model.name");
        RequireParts(Architecture.TargetOf(recipe), recipe.Training);
        if (!TrainsLosses(recipe, methods)) { return; }
        RequireBatches(
            IrreducibleLossName.ArchitectureOf(recipe), recipe.IrreducibleLoss.BatchSize,
            "irreducible-loss.batch-size", "irreducible-loss.model");
    }

    /// <summary>The library refuses it too, but of the target only after an irreducible-loss model was trained.</summary>
    private static void RequireBatches(Architecture network, int batchSize, string batchKey, string modelKey)
    {
        if (batchSize > 1 || !network.Kind.HasBatchNorm) { return; }
        throw new InvalidInputException(
            $"{batchKey} must be at least 2 for {network.Name}, because BatchNorm learns the statistics of batches, but is {batchSize}. "
            + $"Set it, or choose {WithoutBatchNorm(network)} as {modelKey}.");
    }

    /// <summary>Likewise.</summary>
    private static void RequireParts(Architecture network, TrainingSection training)
    {
        if (training.BatchSize / training.Accumulate > 1 || !network.Kind.HasBatchNorm) { return; }
        throw new InvalidInputException(
            $"training.accumulate must be at most {training.BatchSize / 2} for {network.Name} and training.batch-size = "
            + $"{training.BatchSize}, because BatchNorm learns the statistics of each part and needs 2 examples, but is "
            + $"{training.Accumulate}. Set it, or choose {WithoutBatchNorm(network)} as model.name.");
    }

    private static string WithoutBatchNorm(Architecture network) =>
        ModelTable.NamesOf(model => !model.HasBatchNorm && model.ReadsText == network.Kind.ReadsText, " or ");

    /// <summary>The library refuses it too, but of the target only after an irreducible-loss model was trained.</summary>
    private static void RequirePrecision(Recipe recipe, IEnumerable<string> methods)
    {
        if (NativeConvolutions.Path != ConvolutionPath.OneDnnSse41) { return; }
        (string Key, Architecture Network, bool Half)[] trained =
        [
            ("training.precision", Architecture.TargetOf(recipe), recipe.Training.Precision == Precision.BFloat16),
            ("irreducible-loss.precision", IrreducibleLossName.ArchitectureOf(recipe),
                TrainsLosses(recipe, methods) && recipe.IrreducibleLoss.Precision == PrecisionChoice.BFloat16),
        ];
        bool TrainsConvolutions((string Key, Architecture Network, bool Half) t) =>
            t.Half && t.Network.Kind.HasConvolutions;
        foreach ((string key, Architecture network, _) in trained.Where(TrainsConvolutions))
        {
            throw new InvalidInputException(
                $"{key} is bfloat16 for {network.Name}, but convolutions are held to SSE 4.1 on this machine, where their gradients in "
                + $"bfloat16 are not exact enough to train on. Set {key} to float32, which is faster there, too.");
        }
    }

    private static bool TrainsLosses(Recipe recipe, IEnumerable<string> methods) =>
        recipe.IrreducibleLoss.Reference.Trains && MakesLosses(recipe, methods);

    private static bool MakesLosses(Recipe recipe, IEnumerable<string> methods) =>
        RecipeArm.NeedIrreducibleLosses(methods) && !File.Exists(recipe.IrreducibleLoss.File);

    /// <summary>The target, and where a method asks for them the irreducible-loss model and the proxy, each with its downscaling.</summary>
    private static IEnumerable<(Architecture Network, int Downscale)> Of(Recipe recipe, IEnumerable<string> methods)
    {
        string[] names = [.. methods];
        yield return (Architecture.TargetOf(recipe), 1);
        if (MakesLosses(recipe, names)) { yield return (IrreducibleLossName.ArchitectureOf(recipe), 1); }
        ArmSelection[] arms = [.. RecipeArm.Parse(names).Select(arm => new ArmSelection(recipe, arm, null))];
        if (arms.FirstOrDefault(arm => arm.UsesProxy) is { } proxied)
        {
            bool averaged = arms.Any(arm => arm.UsesProxy && !arm.Arm.Method.ChoosesOnce);   // svp's proxy reads images as they are
            yield return (proxied.ProxyArchitecture, averaged ? recipe.Scoring.ProxyDownscale : 1);
        }
    }
}
