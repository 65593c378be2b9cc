using System.Security.Cryptography;
using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Pretrained;
using RhoLoss.Serialization;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.References;

/// <summary>The model of an earlier run that <c>irreducible-loss.weights</c> names: its file, its content, and its network.</summary>
internal static class PreviousRun
{
    private const string Key = "irreducible-loss.weights";

    /// <summary>The file: of a run folder its best checkpoint; empty where the key is.</summary>
    /// <exception cref="InvalidInputException">It is a folder of something else, or of a run without a measured checkpoint.</exception>
    public static string FileOf(Recipe recipe)
    {
        string given = recipe.IrreducibleLoss.Weights, path = ShippedWeights.FileOf(given);
        if (path.Length == 0 || !Directory.Exists(path)) { return path; }
        if (!Directory.Exists(RunFolder.CheckpointsIn(path)))
        {
            throw new InvalidInputException(
                $"{Key}: {path} is a folder, but of no run that `rho train` made. Give the folder of such a run, or a file of weights.");
        }
        string best = new CheckpointStore(RunFolder.CheckpointsIn(path)).Best() ?? throw new InvalidInputException(
            $"{Key}: {path} has no checkpoint that was measured (a finished comparison keeps none). "
            + "Give the folder of a run that `rho train` finished, or a file of weights.");
        return RunFolder.IsCompleteIn(path) ? best : throw new InvalidInputException(
            $"{Key}: the run in {path} has not ended, so that its best checkpoint may become another one. "
            + $"Let it end, or give a checkpoint: {best}.");
    }

    /// <summary>SHA-256 of the file, in hexadecimal; null where there is none.</summary>
    public static string? HashOf(Recipe recipe) => HashOf(FileOf(recipe));

    /// <summary>SHA-256 of a file, in hexadecimal; null where there is none.</summary>
    public static string? HashOf(string path)
    {
        if (path.Length == 0 || !File.Exists(path)) { return null; }
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Checks that the file is there, before data are read.</summary>
    /// <exception cref="InvalidInputException">It is not, or the weights that ship with the tool are damaged.</exception>
    public static void Require(Recipe recipe)
    {
        if (recipe.IrreducibleLoss.Reference.Trains) { return; }
        string path = FileOf(recipe);
        ShippedWeights.Require(recipe.IrreducibleLoss.Weights, Key);
        if (!File.Exists(path))
        {
            throw new InvalidInputException(
                $"{Key}: there is no file {path}. Give a file of weights, or a checkpoint or the folder of an earlier run.");
        }
    }

    /// <summary>The network with these weights, all of them. The caller owns it.</summary>
    /// <param name="recipe">Names the network and the file.</param>
    /// <param name="data">Gives the shape of inputs and the classes.</param>
    /// <param name="report">Told what the file holds; null for nobody.</param>
    /// <exception cref="InvalidInputException">They are of another network, other inputs or another number of classes.</exception>
    public static nn.Module<Tensor, Tensor> Load(Recipe recipe, LabeledDataset data, Action<RunEvent>? report = null)
    {
        Architecture architecture = IrreducibleLossName.ArchitectureOf(recipe) with { Weights = FileOf(recipe) };
        WeightReport? loaded = null;
        nn.Module<Tensor, Tensor> model;
        try
        {
            model = architecture.Create(data, seed: 0, onWeights: found => loaded = found);
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(
                $"{Key} must be weights of irreducible-loss.model, {architecture.Title}, for these data. {e.Message}", e);
        }
        if (loaded is not { LeftOut: [_, ..] leftOut })
        {
            if (loaded is not null) { report?.Invoke(new RunEvent.Notice(loaded.ToString())); }
            return model;
        }
        model.Dispose();
        throw new InvalidInputException(
            $"{Key}: {architecture.Weights} has no classifier for the {data.Classes} classes of the data "
            + $"({string.Join("; ", leftOut)}). Give the weights of a model that was trained on these classes.");
    }

    /// <summary>Says so where the model has seen D: a checkpoint tells which data it is of.</summary>
    public static void NoteSameData(Recipe recipe, ExperimentData data, Action<RunEvent> report)
    {
        if (recipe.IrreducibleLoss.Reference.Trains) { return; }
        string path = FileOf(recipe);
        IReadOnlyDictionary<string, string> facts = SafetensorsFile.ReadMetadata(path);
        string method = facts.GetValueOrDefault("method", "").Split('+', '@', '~')[0];
        bool sawHoldoutAlone = MethodTable.Find(method) is { TrainsOnHoldout: true, HoldoutShare: null };
        if (facts.GetValueOrDefault("data") != data.Training.Fingerprint.Value || sawHoldoutAlone) { return; }
        report(new RunEvent.Notice(
            $"{path} is of a model that was trained on the very examples that this run trains on, so that its losses of them are too low "
            + $"to tell what can be learnt. Give {Key} a model that has not seen them."));
    }
}
