using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Pretrained;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.References;

/// <summary>
/// The IL file of a recipe: found and checked, or trained and written. Its name is made from the settings that decide the losses
/// and from the content of training set and holdout, so that another recipe or other data have another file; a file that belongs
/// to other data is refused, never silently replaced.
/// </summary>
public static class IrreducibleLossFile
{
    /// <summary>Default folder, below the working directory, so that all runs started there share it.</summary>
    public const string DefaultFolder = "runs/irreducible-losses";

    /// <summary>Where the file of a recipe is: <c>irreducible-loss.file</c>, or a name of its own in <see cref="DefaultFolder"/>.</summary>
    public static string PathFor(Recipe recipe, ExperimentData data)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(data);
        return IrreducibleLossName.PathFor(
            recipe, data.Training.Fingerprint.Value, IrreducibleLossReading.HoldoutOf(recipe, data)?.Fingerprint.Value);
    }

    /// <summary>
    /// A text that two recipes have in common whose losses are in one file, as far as can be told before their data are read.
    /// </summary>
    public static string GroupOf(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        DataSection data = recipe.Data;
        string places = DecidingKeys.Hash(data.Directory, data.Labels, data.Vocabulary, data.TrainingFile, data.TestFile);
        return IrreducibleLossName.PathFor(recipe, places, holdout: null);
    }

    /// <summary>Loads the file if it is there and belongs to the data, else trains the IL model and writes it.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">Its data.</param>
    /// <param name="force">
    /// Train again even if the file is there; at a temperature other than 1 that replaces the losses at 1 and the model, too.
    /// </param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellation">Stops training; the next call goes on after the last whole epoch.</param>
    /// <returns>The losses, and whether no model was trained for them now. The caller owns the losses.</returns>
    /// <exception cref="InvalidInputException">The file belongs to other data or is damaged; the message says what differs.</exception>
    public static (IrreducibleLosses Losses, bool Reused) GetOrTrain(
        Recipe recipe, ExperimentData data, bool force, Action<RunEvent> report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(report);
        IrreducibleLossSource.RequireModel(recipe);
        PreviousRun.Require(recipe);
        PreviousRun.NoteSameData(recipe, data, report);
        return SharesModel(recipe) && recipe.IrreducibleLoss.Temperature != 1 ? GetOrSoften(recipe, data, force, report, cancellation)
            : GetOrMake(
                recipe, data, force, IrreducibleLossSource.NeedsModel(recipe),
                () => (TrainWithModel(recipe, data, report, cancellation), false), report, cancellation);
    }

    /// <summary>
    /// Losses at a temperature other than 1 are one pass of the IL model over D, which is trained, and its losses written, only once for
    /// all temperatures. A table that is not of the model that is there now, because that was trained anew, is made again.
    /// </summary>
    private static (IrreducibleLosses Losses, bool Reused) GetOrSoften(
        Recipe recipe, ExperimentData data, bool force, Action<RunEvent> report, CancellationToken cancellation)
    {
        (Recipe plain, double temperature) = (IrreducibleLossName.AtTemperatureOne(recipe), recipe.IrreducibleLoss.Temperature);
        return GetOrMake(recipe, data, force, withModel: true, () =>
        {
            (IrreducibleLosses losses, bool trainedBefore) = GetOrMake(
                plain, data, force, withModel: true,
                () => (TrainWithModel(plain, data, report, cancellation), false), report, cancellation);
            using (losses)
            {
                using nn.Module<Tensor, Tensor> model = LoadModel(plain, data.Training, losses);
                return (HoldoutTraining.AtTemperature(model, data.Training, losses.Facts, temperature, data.Objective), trainedBefore);
            }
        }, report, cancellation);
    }

    private static (IrreducibleLosses Losses, bool Reused) GetOrMake(
        Recipe recipe, ExperimentData data, bool force, bool withModel, Func<(IrreducibleLosses Losses, bool TrainedBefore)> make,
        Action<RunEvent> report, CancellationToken cancellation)
    {
        string path = PathFor(recipe, data);
        IrreducibleLossPlace.RequireLosses(recipe, force);
        if (withModel) { IrreducibleLossPlace.RequireNoText(path); }
        IrreducibleLosses? found = force ? null : Find(path, recipe, data, withModel);
        if (found is not null)
        {
            IrreducibleLossSettings.NoteUnknown(path, recipe, found.Facts, report);
            return Ready(found, path, recipe, reused: true, trainedBefore: true, report);
        }
        if (!force && recipe.IrreducibleLoss.File.Length == 0)
        {
            IrreducibleLossSiblings.Look(recipe, data, IrreducibleLossReading.HoldoutOf(recipe, data), path, report);
        }
        IrreducibleLossPlace.RequireRoomBeside(recipe, path);
        AtomicFile.RequireWritable(path);
        // Two processes that want the same losses: the second waits, and then finds them.
        using FileLock held = FileLock.Take(
            FileLock.Beside(path), () => report(new RunEvent.Stage($"another process is making {path}: waiting for it")), cancellation);
        found = force ? null : Find(path, recipe, data, withModel);
        if (found is not null) { return Ready(found, path, recipe, reused: true, trainedBefore: true, report); }
        if (force)
        {
            foreach (string state in IrreducibleLossPlace.StatesBeside(path)) { File.Delete(state); }
        }
        (IrreducibleLosses losses, bool trainedBefore) = make();
        try
        {
            losses.Save(path);
        }
        catch
        {
            losses.Dispose();
            throw;
        }
        return Ready(losses, path, recipe, reused: false, trainedBefore, report);
    }

    /// <summary>Losses that are there; null where there are none, or where the model that has to be with them is not.</summary>
    private static IrreducibleLosses? Find(string path, Recipe recipe, ExperimentData data, bool withModel)
    {
        if (!File.Exists(path)) { return null; }
        IrreducibleLosses losses = IrreducibleLossReading.Load(path, recipe, data);
        string modelPath = ModelPathFor(recipe, losses);
        if (!withModel || IsModelOf(losses, modelPath)) { return losses; }
        losses.Dispose();
        // A name that the program made is of these settings and data: the same is trained again. What the user named is theirs.
        if (recipe.IrreducibleLoss.File.Length == 0) { return null; }
        throw new InvalidInputException(
            $"{path} holds irreducible losses, but the model that they are of is not beside it as {modelPath}, and original-rho goes on "
            + $"training that. {IrreducibleLossReading.HowToMakeAnew(recipe, path)}");
    }

    private static (IrreducibleLosses Losses, bool Reused) Ready(
        IrreducibleLosses losses, string path, Recipe recipe, bool reused, bool trainedBefore, Action<RunEvent> report)
    {
        try
        {
            IrreducibleLossFacts facts = losses.Facts;
            bool softened = SharesModel(recipe) && facts.Temperature != 1;   // its model's seconds are told with the losses at 1
            double seconds = trainedBefore || softened ? 0 : facts.Seconds;
            report(new PreparationEvent.IrreducibleLossesReady(
                path, reused, facts.Architecture, facts.KnownAccuracy, facts.Loss, seconds, facts.Temperature));
            return (losses, trainedBefore);
        }
        catch
        {
            losses.Dispose();
            throw;
        }
    }

    internal static bool IsModelOf(IrreducibleLosses losses, string modelPath) => File.Exists(modelPath)
        && SafetensorsFile.ReadMetadata(modelPath).GetValueOrDefault(IrreducibleLossPlace.ModelKey) == IdentityOf(losses);

    /// <summary>
    /// Whether one trained IL model serves all temperatures: not in a file of the user's, which holds one table, and not for the two
    /// models of a cross-fit, which are not kept.
    /// </summary>
    private static bool SharesModel(Recipe recipe) => recipe.IrreducibleLoss is { File: "", Reference.KeepsModel: true };

    /// <summary>Beside the losses: weights of the model, for methods that go on training it and for other temperatures.</summary>
    public static string ModelPathFor(Recipe recipe, IrreducibleLosses losses)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(losses);
        Recipe owner = SharesModel(recipe) ? IrreducibleLossName.AtTemperatureOne(recipe) : recipe;
        return IrreducibleLossPlace.ModelBeside(PathOf(owner, losses));
    }

    /// <summary>The IL model that the losses are of, as training on the holdout left it. The caller owns it.</summary>
    /// <exception cref="InvalidInputException">Its file is not there, belongs to other losses, or holds another network.</exception>
    public static nn.Module<Tensor, Tensor> LoadModel(Recipe recipe, LabeledDataset data, IrreducibleLosses losses)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(losses);
        string path = ModelPathFor(recipe, losses);
        string advice = IrreducibleLossReading.HowToMakeAnew(recipe, PathOf(recipe, losses));
        if (!File.Exists(path)) { throw new InvalidInputException($"There is no irreducible-loss model {path}. {advice}"); }
        if (!IsModelOf(losses, path))
        {
            throw new InvalidInputException(
                $"{path} is not the model that the irreducible losses of {PathOf(recipe, losses)} are of. {advice}");
        }
        nn.Module<Tensor, Tensor> model = IrreducibleLossName.ArchitectureOf(recipe).Create(data, seed: 0);
        try
        {
            WeightFile.Load(model, path);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static string PathOf(Recipe recipe, IrreducibleLosses losses) =>
        IrreducibleLossName.PathFor(recipe, losses.Fingerprint?.Value ?? "", losses.Facts.Holdout);

    /// <summary>Tells losses apart: their data and holdout, and mean and accuracy to the last digit.</summary>
    private static string IdentityOf(IrreducibleLosses losses) =>
        string.Join(' ', losses.Fingerprint?.Value, losses.Facts.Holdout,
            FormattableString.Invariant($"{losses.Facts.Loss:R} {losses.Facts.Accuracy:R} {losses.Facts.Epoch} {losses.Facts.Seed}"));

    /// <summary>
    /// Refuses a recipe whose losses could come from nowhere: no holdout, no cross-fit, no model of an earlier run and no file from
    /// elsewhere; or from a file of something else or another temperature.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="force">Whether they are trained even if their file is there.</param>
    /// <exception cref="InvalidInputException">So it is; the message names the keys.</exception>
    public static void RequireSource(Recipe recipe, bool force = false)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        IrreducibleLossPlace.RequireLosses(recipe, force);
        IrreducibleLossSource.Require(recipe);
    }

    /// <summary>Trains, and writes the model beside where the losses will be.</summary>
    private static IrreducibleLosses TrainWithModel(
        Recipe recipe, ExperimentData data, Action<RunEvent> report, CancellationToken cancellation) =>
        IrreducibleLossTraining.Run(recipe, data, IrreducibleLossPlace.StateBeside(PathFor(recipe, data)), report, (model, losses) =>
        {
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [IrreducibleLossPlace.ModelKey] = IdentityOf(losses) };
            SafetensorsFile.Write(ModelPathFor(recipe, losses), model.state_dict(), metadata);
        }, cancellation);
}
