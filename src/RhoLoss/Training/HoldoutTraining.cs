using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// Trains the irreducible-loss model on D_ho alone, with ordinary shuffled batches, and keeps the checkpoint of lowest mean loss on D
/// (not of highest accuracy, and never by the test set); then computes IL[i] = L[y_i|x_i; D_ho] for every i in D (Algorithm 1, lines 1-3).
/// </summary>
/// <example>
/// <code>
/// var options = new HoldoutTrainingOptions { Epochs = 20, BatchSize = 64, Optimizer = new AdamWOptions { LearningRate = 1e-3 } };
/// using IrreducibleLosses losses = HoldoutTraining.Run(
///     smallModel, holdout, data, options, e => Console.WriteLine($"{e.Epoch}: {e.Accuracy:P1}"));
/// losses.Save("irreducible-losses.safetensors");
/// </code>
/// </example>
public static class HoldoutTraining
{
    /// <summary>
    /// Trains <paramref name="model"/>, leaves it at its best checkpoint, and returns the
    /// irreducible losses of <paramref name="trainingSet"/>.
    /// </summary>
    /// <param name="model">The IL model; small is enough (Section 4.2).</param>
    /// <param name="holdout">
    /// D_ho: what it trains on. It shares no example with D: an id in both that means the same input in both is refused, and so is a set
    /// most of whose inputs, each occurring once, are in the other under any id. Fewer inputs under other ids are not noticed. Without a
    /// holdout, use <see cref="CrossFit"/>.
    /// </param>
    /// <param name="trainingSet">D with the labels that will be trained on, noise included.</param>
    /// <param name="options">How long and how.</param>
    /// <param name="onEpoch">Told after each epoch.</param>
    /// <param name="cancellation">Stops between steps; nothing is returned.</param>
    /// <exception cref="InvalidInputException">
    /// D_ho shares examples with D, lacks a class or has others than D; or the model lacks an output for a label, or has only one, or has
    /// BatchNorm and the batch size is 1. Nothing was trained.
    /// </exception>
    /// <exception cref="NonFiniteLossException">The loss became NaN or infinite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option is out of its range, <see cref="HoldoutTrainingOptions.Temperature"/> for example.
    /// </exception>
    public static IrreducibleLosses Run(
        nn.Module<Tensor, Tensor> model, LabeledDataset holdout, LabeledDataset trainingSet, HoldoutTrainingOptions options,
        Action<HoldoutEpoch>? onEpoch = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(holdout);
        ArgumentNullException.ThrowIfNull(trainingSet);
        ArgumentNullException.ThrowIfNull(options);
        using IDisposable scope = NewDisposeScope();
        HoldoutOverlap.Refuse(holdout, trainingSet);
        (HoldoutEpoch best, double seconds) = Train(model, holdout, trainingSet, options, onEpoch, cancellation);
        TimeProvider clock = DeviceClock.For(trainingSet.Ids.device);
        long started = clock.GetTimestamp();
        (Tensor losses, Tensor? correct) = Evaluator.PerExample(model, trainingSet, options.Objective);
        Tensor table = Softened(losses, model, trainingSet, options);
        if (options.StatePath is { } path) { File.Delete(path); }
        return IrreducibleLosses.From(table, trainingSet, new IrreducibleLossFacts(
            options.Architecture ?? model.GetName(), "holdout", options.Seed, best.Epoch, losses.to(float64).mean().item<double>(),
            correct?.to(float64).mean().item<double>() ?? double.NaN, seconds + clock.GetElapsedTime(started).TotalSeconds,
            PrecisionOf(options), options.Temperature, holdout.Fingerprint.Value, options.Settings));
    }

    /// <summary>
    /// The irreducible losses that an IL model trained earlier has at another temperature: one pass over D instead of training it again.
    /// </summary>
    /// <param name="model">The IL model, as <see cref="Run"/> left it. Not owned.</param>
    /// <param name="trainingSet">D, as it was then; neither this nor <paramref name="facts"/> can be checked against the model.</param>
    /// <param name="facts">
    /// Facts of its losses at any temperature; all but <see cref="IrreducibleLossFacts.Temperature"/> are kept,
    /// <see cref="IrreducibleLossFacts.Seconds"/> included.
    /// </param>
    /// <param name="temperature">Above 0; see <see cref="HoldoutTrainingOptions.Temperature"/>.</param>
    /// <param name="objective">What the model was trained for; null for cross-entropy.</param>
    /// <returns>Losses in nats. The caller owns them.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a number above 0.</exception>
    public static IrreducibleLosses AtTemperature(
        nn.Module<Tensor, Tensor> model, LabeledDataset trainingSet, IrreducibleLossFacts facts, double temperature,
        Objective? objective = null)
    {
        ArgumentNullException.ThrowIfNull(facts);
        (objective ?? Objective.CrossEntropy).RequireTemperature(temperature);
        using IDisposable scope = NewDisposeScope();
        return IrreducibleLosses.From(
            Evaluator.PerExample(model, trainingSet, temperature, objective).Losses, trainingSet,
            facts with { Temperature = temperature });
    }

    /// <summary>The losses at this temperature: those given at 1, else one more pass, which costs little beside the training.</summary>
    internal static Tensor Softened(
        Tensor losses, nn.Module<Tensor, Tensor> model, LabeledDataset data, HoldoutTrainingOptions options) =>
        options.Temperature == 1 ? losses : Evaluator.PerExample(model, data, options.Temperature, options.Objective).Losses;

    /// <summary>
    /// Trains on <paramref name="holdout"/> and leaves the model at the epoch of lowest mean loss on <paramref name="validation"/>.
    /// </summary>
    internal static (HoldoutEpoch Best, double Seconds) Train(
        nn.Module<Tensor, Tensor> model, LabeledDataset holdout, LabeledDataset validation, HoldoutTrainingOptions options,
        Action<HoldoutEpoch>? onEpoch, CancellationToken cancellation)
    {
        options.Objective.RequireTemperature(options.Temperature);
        RequireSameClasses(holdout, validation);
        if (holdout.Classes > 0) { RequireEveryClass(holdout); }
        return BestEpochTraining.Train(model, holdout, validation, options, onEpoch, cancellation);
    }

    /// <summary>The number format as the facts of a file name it.</summary>
    internal static string PrecisionOf(HoldoutTrainingOptions options) =>
        options.Format.Precision == Precision.BFloat16 ? "bfloat16" : "float32";

    private static void RequireSameClasses(LabeledDataset holdout, LabeledDataset trainingSet)
    {
        if (holdout.Classes != trainingSet.Classes)
        {
            throw new InvalidInputException(
                $"The holdout set must have the classes of the training set, but has {holdout.Classes} for {trainingSet.Classes}. "
                + "Give both data sets the same number of classes.");
        }
    }

    private static void RequireEveryClass(LabeledDataset holdout)
    {
        long[] counts = holdout.CountByClass();
        if (Array.IndexOf(counts, 0) is var empty and >= 0)
        {
            throw new InvalidInputException(
                $"Class {empty} has no example in the holdout set of {holdout.Count}, so its irreducible loss cannot be learnt. "
                + "Use a larger or class-balanced holdout.");
        }
    }
}

/// <summary>The IL model after an epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">Mean loss in nats on the set that chooses the checkpoint.</param>
/// <param name="Accuracy">Accuracy there, 0 to 1.</param>
public sealed record HoldoutEpoch(int Epoch, double Loss, double Accuracy);
