using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// Irreducible losses without a holdout set (Section 4.2, Fig. 2 row 3): D is split into class-balanced halves, one IL model is trained
/// on each, and each scores the half it did not see, on which its checkpoint was chosen too. All copies of an example are in one half.
/// </summary>
/// <example>
/// <code>
/// using IrreducibleLosses losses = CrossFit.Run(
///     half => new Mlp(784, [128], 10, seed: half), data, new HoldoutTrainingOptions { Epochs = 20 });
/// </code>
/// </example>
public static class CrossFit
{
    /// <summary>Trains both models and returns the irreducible losses of all of <paramref name="trainingSet"/>.</summary>
    /// <param name="createModel">Makes a fresh IL model for half 0 and half 1.</param>
    /// <param name="trainingSet">D with the labels that will be trained on.</param>
    /// <param name="options">How each model trains; its seed also decides the halves.</param>
    /// <param name="onEpoch">Told after each epoch, with the half that is trained on.</param>
    /// <param name="cancellation">Stops between steps; nothing is returned.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option is out of its range, <see cref="HoldoutTrainingOptions.Temperature"/> for example.
    /// </exception>
    public static IrreducibleLosses Run(
        Func<int, nn.Module<Tensor, Tensor>> createModel, LabeledDataset trainingSet, HoldoutTrainingOptions options,
        Action<int, HoldoutEpoch>? onEpoch = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(createModel);
        ArgumentNullException.ThrowIfNull(trainingSet);
        ArgumentNullException.ThrowIfNull(options);
        using IDisposable scope = NewDisposeScope();
        (Tensor first, Tensor second) = StratifiedSplit.Of(trainingSet, 0.5, Seeding.Of(options.Seed, Purpose.Halves));
        using LabeledDataset half0 = trainingSet.Subset(first), half1 = trainingSet.Subset(second);

        Device device = trainingSet.Ids.device;
        TimeProvider clock = DeviceClock.For(device);
        Tensor losses = zeros(trainingSet.Count, device: device), softened = zeros_like(losses), correct = zeros_like(losses);
        string architecture = "";
        int epoch = 0;
        double seconds = 0;
        for (int half = 0; half < 2; half++)
        {
            (LabeledDataset seen, LabeledDataset unseen) = half == 0 ? (half0, half1) : (half1, half0);
            using nn.Module<Tensor, Tensor> model = createModel(half);
            int trained = half;
            HoldoutTrainingOptions ofHalf = options with
            {
                Seed = Seeding.Of(options.Seed, half == 0 ? Purpose.FirstHalf : Purpose.SecondHalf),
                StatePath = StatePathOf(options, half),
            };
            (HoldoutEpoch best, double spent) = HoldoutTraining.Train(
                model, seen, unseen, ofHalf, onEpoch is null ? null : e => onEpoch(trained, e), cancellation);
            long started = clock.GetTimestamp();
            (Tensor loss, Tensor? right) = Evaluator.PerExample(model, unseen, options.Objective);
            Tensor rows = trainingSet.RowsOf(unseen.Ids);
            losses.index_copy_(0, rows, loss);
            softened.index_copy_(0, rows, HoldoutTraining.Softened(loss, model, unseen, options));
            correct.index_copy_(0, rows, right ?? full_like(loss, Scalars.Of(double.NaN)));
            seconds += spent + clock.GetElapsedTime(started).TotalSeconds;
            if (half == 0) { (architecture, epoch) = (options.Architecture ?? model.GetName(), best.Epoch); }
        }
        for (int half = 0; half < 2; half++)
        {
            if (StatePathOf(options, half) is { } path) { File.Delete(path); }
        }
        return IrreducibleLosses.From(softened, trainingSet, new IrreducibleLossFacts(
            architecture, "cross-fit", options.Seed, epoch,
            losses.to(float64).mean().item<double>(), correct.to(float64).mean().item<double>(),
            seconds, HoldoutTraining.PrecisionOf(options), options.Temperature, Settings: options.Settings));
    }

    private static string? StatePathOf(HoldoutTrainingOptions options, int half) =>
        options.StatePath is { } path ? FormattableString.Invariant($"{path}.{half}") : null;
}
