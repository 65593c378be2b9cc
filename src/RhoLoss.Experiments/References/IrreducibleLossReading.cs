using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Selection;

namespace RhoLoss.Experiments.References;

/// <summary>Reads irreducible losses that are there, and says what to do where they are not the ones of the recipe and its data.</summary>
internal static class IrreducibleLossReading
{
    /// <summary>D_ho, where losses come from a model that was trained on it.</summary>
    public static LabeledDataset? HoldoutOf(Recipe recipe, ExperimentData data) =>
        recipe.IrreducibleLoss.Reference.NeedsHoldout ? data.Holdout : null;

    /// <summary>
    /// Losses that are there, if they are of this training set and of this recipe's holdout, or of a cross-fit where the recipe
    /// has one.
    /// </summary>
    public static IrreducibleLosses Load(string path, Recipe recipe, ExperimentData data)
    {
        try
        {
            IrreducibleLosses losses = IrreducibleLosses.Load(path, data.Training);
            try
            {
                if (losses.Fingerprint is null)   // the user's own numbers: nothing says what they are of
                {
                    RequireNotNegative(path, losses, data);
                    return losses;
                }
                if (recipe.IrreducibleLoss.CrossFit && losses.Facts.Source != recipe.IrreducibleLoss.Reference.Name)
                {
                    throw new InvalidInputException(
                        $"{path} holds the losses of a model trained on a holdout, but irreducible-loss.cross-fit is true.");
                }
                if (!recipe.IrreducibleLoss.Reference.Trains && losses.Facts.Source != recipe.IrreducibleLoss.Reference.Name)
                {
                    throw new InvalidInputException(
                        $"{path} holds losses of another source ({losses.Facts.Source}), but irreducible-loss.weights is set.");
                }
                if (HoldoutOf(recipe, data) is { } holdout) { losses.RequireSameHoldout(holdout, path); }
                IrreducibleLossSettings.RequireSame(path, recipe, losses.Facts);
                return losses;
            }
            catch
            {
                losses.Dispose();
                throw;
            }
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{e.Message} {HowToMakeAnew(recipe, path)}", e);
        }
    }

    /// <summary>A cross-entropy is not negative, whoever computed it.</summary>
    private static void RequireNotNegative(string path, IrreducibleLosses losses, ExperimentData data)
    {
        using IDisposable scope = torch.NewDisposeScope();
        torch.Tensor of = losses.Of(data.Training.Ids);
        if (of.min().item<float>() is not (< 0 and float lowest)) { return; }
        long id = data.Training.Ids[of.argmin()].item<long>();
        throw new InvalidInputException(FormattableString.Invariant(
            $"{path}: a loss is a cross-entropy in nats and so at least 0, but that of example {id} is {lowest}. ")
            + "Give −ln of the probability of the label.");
    }

    /// <summary>What makes the file anew: the command for this recipe, or without one to delete the file.</summary>
    public static string HowToMakeAnew(Recipe recipe, string path) => IrreducibleLosses.IsText(path)
        ? "Correct the file, or leave irreducible-loss.file out to have losses trained."
        : recipe.Arguments.Command("holdout", "--force") is { } command
        ? $"Make it anew with `{command}`."
        : $"Delete {path} to have it made anew.";
}
