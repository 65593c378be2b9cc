using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Selection;

namespace RhoLoss.Experiments.References;

/// <summary>
/// Looks at what is where the irreducible losses of a recipe are read and written, before anything is read or trained. Names that the
/// program makes are in a folder of its own; what matters is <c>irreducible-loss.file</c>, which may be any path.
/// </summary>
internal static class IrreducibleLossPlace
{
    /// <summary>How the format of a file that <see cref="IrreducibleLosses.Save"/> wrote begins.</summary>
    private const string Format = "rholoss-irreducible-losses/";

    private const string Fix = "Name another irreducible-loss.file, or move it away.";

    /// <summary>
    /// Refuses a given file that holds no irreducible losses; to read one of another temperature than the recipe wants, for which its
    /// header is enough; and to train anew where somebody's own numbers are.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="force">Whether it is written over in any case.</param>
    /// <exception cref="InvalidInputException">So it is.</exception>
    public static void RequireLosses(Recipe recipe, bool force)
    {
        string path = recipe.IrreducibleLoss.File;
        if (path.Length == 0 || !Path.Exists(path)) { return; }
        if (force)
        {
            RequireNoText(path);
            WrittenOver.Require(path, "a file of irreducible losses", file => WrittenOver.BeginsWith(file, "format", Format), Fix);
        }
        else { RequireTemperature(path, recipe.IrreducibleLoss.Temperature); }
    }

    /// <summary>
    /// Refuses to train, and to write over, where the user's own numbers are: they cannot be made again here, and have no model.
    /// </summary>
    /// <exception cref="InvalidInputException">They are there.</exception>
    public static void RequireNoText(string path)
    {
        if (!IrreducibleLosses.IsText(path)) { return; }
        throw new InvalidInputException(
            $"{path} holds losses that were computed elsewhere, without a model, and is not written over. To have losses trained here, for "
            + "original-rho for example, leave irreducible-loss.file out or name another file.");
    }

    /// <summary>Refuses to write the model, or what is kept of a stopped training, over something else beside the losses.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="path">Where its losses will be.</param>
    /// <exception cref="InvalidInputException">Something else is there.</exception>
    public static void RequireRoomBeside(Recipe recipe, string path)
    {
        if (recipe.IrreducibleLoss.File.Length == 0) { return; }
        if (recipe.IrreducibleLoss.Reference.KeepsModel)
        {
            WrittenOver.Require(ModelBeside(path), "the model of irreducible losses", file => WrittenOver.BeginsWith(file, ModelKey), Fix);
        }
        foreach (string state in StatesBeside(path))
        {
            WrittenOver.Require(
                state, "a stopped training of an irreducible-loss model", file => WrittenOver.BeginsWith(file, StateKey), Fix);
        }
    }

    /// <summary>What a model's file has the losses under that it belongs to.</summary>
    public const string ModelKey = "irreducible-losses";

    /// <summary>What every state of such a training says.</summary>
    private const string StateKey = "holdout.epoch";

    /// <summary>Where the model of these losses is.</summary>
    public static string ModelBeside(string path) => Path.ChangeExtension(path, IrreducibleLossName.ModelEnding);

    /// <summary>Where a training is kept that is not finished.</summary>
    public static string StateBeside(string path) => path + ".training";

    /// <summary>The same, and those of the halves of a cross-fit.</summary>
    public static IEnumerable<string> StatesBeside(string path) =>
        ((string[])["", ".0", ".1"]).Select(half => StateBeside(path) + half);

    private static void RequireTemperature(string path, double wanted)
    {
        double there;
        try
        {
            there = IrreducibleLosses.ReadFacts(path).Temperature;
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{e.Message} {Fix}", e);
        }
        if (there == wanted) { return; }
        throw new InvalidInputException(FormattableString.Invariant(
            $"{path} holds irreducible losses at temperature {there}, but irreducible-loss.temperature is {wanted}. ")
            + FormattableString.Invariant($"Set it to {there}, or name another irreducible-loss.file."));
    }
}
