using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Optimization;
using RhoLoss.Pretrained;
using RhoLoss.Selection;
using RhoLoss.Serialization;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Running;

/// <summary>
/// The IL file of a recipe: found and checked, or trained and written. Its name is made from everything in the recipe that decides the
/// losses, so another recipe has another file; a file of this name that belongs to other data is refused, never silently replaced.
/// </summary>
public static class IrreducibleLossFile
{
    /// <summary>Default folder, below the working directory, so that all runs started there share it.</summary>
    public const string DefaultFolder = "runs/irreducible-losses";

    /// <summary>Where the file of a recipe is: <c>irreducible-loss.file</c>, or a name of its own in <see cref="DefaultFolder"/>.</summary>
    public static string PathFor(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (recipe.IrreducibleLoss.File.Length > 0) { return recipe.IrreducibleLoss.File; }
        // The directory the data were read from and the file itself do not decide the losses; the content does, and is checked.
        string deciding = $"{recipe.Data with { Directory = "" }}|{recipe.Noise}|{recipe.IrreducibleLoss with { File = "", Charge = true, Temperature = 1 }}";
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(deciding)))[..8];
        string temperature = recipe.IrreducibleLoss.Temperature == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-t{recipe.IrreducibleLoss.Temperature}");
        return Path.Combine(DefaultFolder, $"{recipe.Data.Set}-{ArchitectureOf(recipe).Title}-{key}{temperature}.safetensors");
    }

    /// <summary>Loads the file if it is there and belongs to the data, else trains the IL model and writes it.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="data">Its data.</param>
    /// <param name="force">Train again even if the file is there; at a temperature other than 1 that replaces the losses at 1 and the model, too.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellation">Stops training; nothing is written.</param>
    /// <returns>The losses, and whether no model was trained for them now. The caller owns the losses.</returns>
    /// <exception cref="InvalidInputException">The file belongs to other data or is damaged; the message says what differs.</exception>
    public static (IrreducibleLosses Losses, bool Reused) GetOrTrain(Recipe recipe, ExperimentData data, bool force, Action<RunEvent> report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(report);
        if (NeedsModel(recipe) && recipe.IrreducibleLoss.CrossFit)
        {
            throw new InvalidInputException($"Recipe {recipe.Name}: original-rho goes on training one irreducible-loss model, but irreducible-loss.cross-fit has two, each for its half. Set irreducible-loss.cross-fit = false and data.holdout-fraction = 0.5.");
        }
        return SharesModel(recipe) && recipe.IrreducibleLoss.Temperature != 1 ? GetOrSoften(recipe, data, force, report, cancellation)
            : GetOrMake(recipe, data, force, NeedsModel(recipe), () => (Train(recipe, data, report, cancellation), false), report);
    }

    /// <summary>
    /// Losses at a temperature other than 1 are one pass of the IL model over D, which is trained, and its losses written, only once for all temperatures. A table that is not of the
    /// model that is there now, because that was trained anew, is made again.
    /// </summary>
    private static (IrreducibleLosses Losses, bool Reused) GetOrSoften(Recipe recipe, ExperimentData data, bool force, Action<RunEvent> report, CancellationToken cancellation)
    {
        Recipe plain = recipe with { IrreducibleLoss = recipe.IrreducibleLoss with { Temperature = 1 } };
        return GetOrMake(recipe, data, force, withModel: true, () =>
        {
            (IrreducibleLosses losses, bool trainedBefore) = GetOrMake(plain, data, force, withModel: true, () => (Train(plain, data, report, cancellation), false), report);
            using (losses)
            {
                using nn.Module<Tensor, Tensor> model = LoadModel(plain, data.Training, losses);
                return (HoldoutTraining.AtTemperature(model, data.Training, losses.Facts, recipe.IrreducibleLoss.Temperature), trainedBefore);
            }
        }, report);
    }

    private static (IrreducibleLosses Losses, bool Reused) GetOrMake(
        Recipe recipe, ExperimentData data, bool force, bool withModel, Func<(IrreducibleLosses Losses, bool TrainedBefore)> make, Action<RunEvent> report)
    {
        string path = PathFor(recipe);
        RequireTemperature(recipe, force);
        IrreducibleLosses? found = !force && File.Exists(path) ? IrreducibleLosses.Load(path, data.Training) : null;
        if (found is not null && withModel && !IsModelOf(found, ModelPathFor(recipe)))
        {
            found.Dispose();
            found = null;
        }
        if (found is null) { AtomicFile.RequireWritable(path); }
        (IrreducibleLosses losses, bool trainedBefore) = found is null ? make() : (found, true);
        try
        {
            if (found is null) { losses.Save(path); }
            IrreducibleLossFacts facts = losses.Facts;
            bool softened = SharesModel(recipe) && facts.Temperature != 1;   // its model's seconds are told with the losses at 1
            report(new RunEvent.IrreducibleLossesReady(path, Reused: found is not null, facts.Architecture, facts.Accuracy, facts.Loss, trainedBefore || softened ? 0 : facts.Seconds, facts.Temperature));
            return (losses, trainedBefore);
        }
        catch
        {
            losses.Dispose();
            throw;
        }
    }

    /// <summary>Refuses to read a file whose losses have another temperature than the recipe wants; its header is enough to know.</summary>
    private static void RequireTemperature(Recipe recipe, bool force)
    {
        string path = PathFor(recipe);
        if (force || !File.Exists(path)) { return; }
        (double wanted, double there) = (recipe.IrreducibleLoss.Temperature, IrreducibleLosses.ReadFacts(path).Temperature);
        if (there != wanted)
        {
            throw new InvalidInputException(FormattableString.Invariant($"{path} holds irreducible losses at temperature {there}, but irreducible-loss.temperature is {wanted}. Set it to {there}, or name another irreducible-loss.file."));
        }
    }

    private static bool IsModelOf(IrreducibleLosses losses, string modelPath) => File.Exists(modelPath) && SafetensorsFile.ReadMetadata(modelPath).GetValueOrDefault(LossesKey) == IdentityOf(losses);

    /// <summary>Whether one trained IL model serves all temperatures: not in a file of the user's, which holds one table, and not for the two models of a cross-fit, which are not kept.</summary>
    private static bool SharesModel(Recipe recipe) => recipe.IrreducibleLoss is { File: "", CrossFit: false };

    /// <summary>Where the weights of an IL model trained on a holdout are, for methods that go on training it and for other temperatures: beside the losses.</summary>
    public static string ModelPathFor(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return Path.ChangeExtension(PathFor(SharesModel(recipe) ? recipe with { IrreducibleLoss = recipe.IrreducibleLoss with { Temperature = 1 } } : recipe), ".model.safetensors");
    }

    /// <summary>The IL model that the losses are of, as training on the holdout left it. The caller owns it.</summary>
    /// <exception cref="InvalidInputException">Its file is not there, belongs to other losses, or holds another network.</exception>
    public static nn.Module<Tensor, Tensor> LoadModel(Recipe recipe, LabeledDataset data, IrreducibleLosses losses)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(losses);
        string path = ModelPathFor(recipe);
        if (!File.Exists(path)) { throw new InvalidInputException($"There is no irreducible-loss model {path}. Make it, and its losses anew, with `rho holdout RECIPE --force`."); }
        if (!IsModelOf(losses, path))
        {
            throw new InvalidInputException($"{path} is not the model that the irreducible losses of {PathFor(recipe)} are of. Make both anew with `rho holdout RECIPE --force`.");
        }
        nn.Module<Tensor, Tensor> model = ArchitectureOf(recipe).Create(data, seed: 0);
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

    private const string LossesKey = "irreducible-losses";

    /// <summary>Tells losses apart: their data, and mean and accuracy to the last digit.</summary>
    private static string IdentityOf(IrreducibleLosses losses) => FormattableString.Invariant($"{losses.Fingerprint.Value} {losses.Facts.Loss:R} {losses.Facts.Accuracy:R} {losses.Facts.Epoch} {losses.Facts.Seed}");

    private static bool NeedsModel(Recipe recipe) => recipe.Training.Methods.Append(recipe.Training.Method).Any(Methods.NeedsIrreducibleLossModel);

    /// <summary>Refuses a recipe whose losses could come from nowhere: no holdout, no cross-fit, and no file from elsewhere; or from a file of another temperature.</summary>
    /// <exception cref="InvalidInputException">So it is; the message names the keys.</exception>
    public static void RequireSource(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        RequireTemperature(recipe, force: false);
        if (recipe.Data.HoldoutFraction == 0 && !recipe.IrreducibleLoss.CrossFit && !File.Exists(PathFor(recipe))) { throw NoSource(recipe); }
    }

    private static InvalidInputException NoSource(Recipe recipe) => new(
        $"Recipe {recipe.Name}: data.holdout-fraction must be above 0 where a method needs irreducible losses and irreducible-loss.cross-fit is false, but is 0.0. "
        + "Set irreducible-loss.cross-fit = true, or data.holdout-fraction = 0.5, or train methods without irreducible losses only.");

    private static IrreducibleLosses Train(Recipe recipe, ExperimentData data, Action<RunEvent> report, CancellationToken cancellation)
    {
        IrreducibleLossSection section = recipe.IrreducibleLoss;
        if (data.Holdout is null && !section.CrossFit) { throw NoSource(recipe); }
        Architecture architecture = ArchitectureOf(recipe);
        var options = new HoldoutTrainingOptions
        {
            Epochs = section.Epochs,
            EpochExamples = section.EpochExamples,
            ValidationExamples = section.ValidationExamples,
            Patience = section.Patience,
            BatchSize = section.BatchSize,
            Optimizer = new AdamWOptions { LearningRate = section.LearningRate, WeightDecay = section.WeightDecay },
            Augmentation = data.Augmentation,
            Seed = section.Seed,
            LogitAdjustment = section.LogitAdjustment,
            Temperature = section.Temperature,
            Format = ComputeOptions.SmallModelFormatOf(architecture, section.Precision),
            Architecture = architecture.Title,
        };
        new ThreadChoice(architecture, options.Format, options.BatchSize, Scored: 0).Put(recipe, data.Training, report, cancellation);
        options = options with { OptimizerThreads = TorchSharp.torch.get_num_threads() };
        nn.Module<Tensor, Tensor> Create(int part) => architecture.Create(data.Training, Seeding.Mix(section.Seed, 200 + part));
        if (section.CrossFit)
        {
            if (data.Holdout is { } unused)
            {
                report(new RunEvent.Notice(string.Create(CultureInfo.InvariantCulture,
                    $"The cross-fit needs no holdout, so its {Counted.Of(unused.Count, "example stays", "examples stay")} unused. Set data.holdout-fraction = 0 to train on them too.")));
            }
            return CrossFit.Run(Create, data.Training, options, (part, e) => report(new RunEvent.HoldoutEpochDone(part, e, section.Epochs)), cancellation);
        }
        using nn.Module<Tensor, Tensor> model = Create(0);
        IrreducibleLosses losses = HoldoutTraining.Run(model, data.Holdout!, data.Training, options, e => report(new RunEvent.HoldoutEpochDone(null, e, section.Epochs)), cancellation);
        SafetensorsFile.Write(ModelPathFor(recipe), model.state_dict(), new Dictionary<string, string>(StringComparer.Ordinal) { [LossesKey] = IdentityOf(losses) });
        return losses;
    }

    /// <summary>The irreducible-loss model of a recipe.</summary>
    internal static Architecture ArchitectureOf(Recipe recipe) => new(recipe.IrreducibleLoss.Model, recipe.IrreducibleLoss.Hidden);
}
