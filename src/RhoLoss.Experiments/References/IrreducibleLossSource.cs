using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;

namespace RhoLoss.Experiments.References;

/// <summary>Whether the irreducible losses of a recipe can come from where it says, told by the recipe alone.</summary>
internal static class IrreducibleLossSource
{
    /// <summary>Whether a method goes on training the model that the losses are of.</summary>
    public static bool NeedsModel(Recipe recipe) => recipe.Arms.Any(arm => arm.Method.Uses == ReferenceUse.Learning);

    /// <summary>Refuses to go on training a model where there is none that was trained on the holdout.</summary>
    /// <exception cref="InvalidInputException">A method would.</exception>
    public static void RequireModel(Recipe recipe)
    {
        if (!NeedsModel(recipe) || recipe.IrreducibleLoss.Reference.KeepsModel) { return; }
        throw new InvalidInputException(recipe.IrreducibleLoss.Reference.Trains
            ? $"Recipe {recipe.Name}: original-rho goes on training one irreducible-loss model, but irreducible-loss.cross-fit "
                + "has two, each for its half. Set irreducible-loss.cross-fit = false and data.holdout-fraction = 0.5."
            : $"Recipe {recipe.Name}: original-rho goes on training a model that was trained on the holdout, but irreducible-loss.weights "
                + "names one of an earlier run. Remove irreducible-loss.weights, or leave original-rho out.");
    }

    /// <summary>Refuses a recipe whose losses could come from nowhere.</summary>
    /// <exception cref="InvalidInputException">There is no holdout, no cross-fit, no model of an earlier run, and no file.</exception>
    public static void Require(Recipe recipe)
    {
        PreviousRun.Require(recipe);
        bool makes = recipe.Data.HoldoutFraction > 0 || !recipe.IrreducibleLoss.Reference.NeedsHoldout;
        if (!makes && !File.Exists(recipe.IrreducibleLoss.File)) { throw None(recipe); }
    }

    /// <summary>Losses could come from nowhere.</summary>
    public static InvalidInputException None(Recipe recipe) => new(
        $"Recipe {recipe.Name}: data.holdout-fraction must be above 0 where a method needs irreducible losses and "
        + "irreducible-loss.cross-fit is false, but is 0.0. "
        + "Set irreducible-loss.cross-fit = true, or data.holdout-fraction = 0.5, or irreducible-loss.weights, or train methods without "
        + "irreducible losses only.");
}
