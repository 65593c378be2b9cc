using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.References;

/// <summary>
/// Looks at the files of irreducible losses that are there where the one of a recipe is not: that its data have changed, or that
/// losses were made before files named their holdout, must not go by without a word.
/// </summary>
internal static class IrreducibleLossSiblings
{
    /// <summary>
    /// Says so if there are losses of the same settings for other data. Refuses, once, if there are losses of the same training
    /// set which do not say of which holdout: they may be the ones that are wanted, but nobody can tell.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">Its data.</param>
    /// <param name="holdout">The holdout that its losses come from; null for a cross-fit.</param>
    /// <param name="path">Where its losses will be.</param>
    /// <param name="report">Told of a change of the data.</param>
    /// <exception cref="InvalidInputException">There are losses without a holdout.</exception>
    public static void Look(Recipe recipe, ExperimentData data, LabeledDataset? holdout, string path, Action<RunEvent> report)
    {
        string folder = Path.GetDirectoryName(path)!, training = data.Training.Fingerprint.Value;
        if (!Directory.Exists(folder)) { return; }
        Sibling[] siblings =
        [
            .. Directory.EnumerateFiles(folder, $"{IrreducibleLossName.StemOf(recipe)}-*.safetensors")
                .Where(file => !file.EndsWith(IrreducibleLossName.ModelEnding, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).Select(Sibling.Read).OfType<Sibling>(),
        ];
        Sibling[] here = [.. siblings.Where(sibling => sibling.Training == training && sibling.Source == ReferenceTable.Holdout.Name)];
        if (holdout is not null && here.Length > 0 && here.All(sibling => sibling.Holdout is null))
        {
            throw new InvalidInputException(
                $"{here[0].Path} holds irreducible losses for this training set, but does not say of which holdout, "
                + "because it was written before files did. "
                + $"{IrreducibleLossReading.HowToMakeAnew(recipe, here[0].Path)}");
        }
        string settings = $"{IrreducibleLossName.SettingsOf(recipe)}-";
        Sibling? other = siblings.FirstOrDefault(sibling => sibling.Source == recipe.IrreducibleLoss.Reference.Name
            && Path.GetFileName(sibling.Path).StartsWith(settings, StringComparison.Ordinal)
            && (sibling.Training != training || sibling.Holdout != holdout?.Fingerprint.Value));
        if (other is not null)
        {
            string difference = other.Training == training ? "the holdout differs" : DifferenceFrom(other.Path, data.Training);
            report(new RunEvent.Notice(
                $"{other.Path} was made with the same settings for other data ({difference}), so losses of these data are made beside it"));
        }
    }

    private static string DifferenceFrom(string path, LabeledDataset training)
    {
        try
        {
            using IrreducibleLosses losses = IrreducibleLosses.Load(path);
            return losses.Fingerprint!.DifferenceFrom(training.Fingerprint)!;
        }
        catch (InvalidInputException)
        {
            return "which cannot be told, because the file is damaged";
        }
    }

    /// <summary>A file of irreducible losses by what its header says.</summary>
    private sealed record Sibling(string Path, string? Training, string? Source, string? Holdout)
    {
        /// <summary>Null for a file that is damaged: it is not the one that is wanted.</summary>
        public static Sibling? Read(string path)
        {
            try
            {
                IReadOnlyDictionary<string, string> facts = SafetensorsFile.ReadMetadata(path);
                return new Sibling(
                    path, facts.GetValueOrDefault("fingerprint"), facts.GetValueOrDefault("source"), facts.GetValueOrDefault("holdout"));
            }
            catch (InvalidInputException)
            {
                return null;
            }
        }
    }
}
