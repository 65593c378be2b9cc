using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// Training of an irreducible-loss model: a <see cref="Trainer"/> without selection that is judged after every epoch, keeps the parameters
/// of the lowest mean loss, and can go on where it was stopped.
/// </summary>
internal sealed class BestEpochTraining : IDisposable
{
    private const string BestPrefix = "best.";
    private readonly HoldoutTrainingOptions _options;
    private readonly LabeledDataset _validation;
    private readonly LabeledDataset? _judge;   // a sample of it; null for all of it
    private readonly Tensor? _priors;
    private readonly Objective _objective;
    private readonly Trainer _trainer;
    private readonly int _stepsPerEpoch;
    private Dictionary<string, Tensor> _bestState = [];
    private HoldoutEpoch? _best;
    private int _epoch;

    private BestEpochTraining(
        nn.Module<Tensor, Tensor> model, LabeledDataset holdout, LabeledDataset validation, HoldoutTrainingOptions options)
    {
        _options = options;
        _validation = validation;
        _judge = Sample(validation, options);
        _priors = options.LogitAdjustment > 0 ? LogPriors(holdout, options.LogitAdjustment) : null;
        _objective = options.Objective;
        try
        {
            _trainer = new Trainer(model, holdout, new TrainerOptions
            {
                BatchSize = options.BatchSize,
                Objective = _priors is null ? options.Objective : new LogitAdjusted(options.Objective, _priors),
                Optimizer = options.Optimizer,
                OptimizerThreads = options.OptimizerThreads,
                Format = options.Format,
                Seed = options.Seed,
            }, options.Augmentation?.Invoke(Seeding.Of(options.Seed, Purpose.Augmentation)));
        }
        catch
        {
            _judge?.Dispose();
            _priors?.Dispose();
            throw;
        }
        int whole = _trainer.StepsPerEpoch;
        _stepsPerEpoch = options.EpochExamples == 0
            ? whole
            : Math.Min(whole, (options.EpochExamples + options.BatchSize - 1) / options.BatchSize);
    }

    /// <summary>
    /// Trains on <paramref name="holdout"/>, chooses the epoch by mean loss on <paramref name="validation"/> and leaves the model there.
    /// </summary>
    public static (HoldoutEpoch Best, double Seconds) Train(
        nn.Module<Tensor, Tensor> model, LabeledDataset holdout, LabeledDataset validation, HoldoutTrainingOptions options,
        Action<HoldoutEpoch>? onEpoch, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(holdout);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Epochs, 1);
        using var training = new BestEpochTraining(model, holdout, validation, options);
        double before = training.Resume();
        TimeProvider clock = DeviceClock.For(holdout.Ids.device);
        long started = clock.GetTimestamp();
        double Seconds() => before + clock.GetElapsedTime(started).TotalSeconds;
        while (!training.HasEnded)
        {
            training.TrainEpoch(onEpoch, cancellation);
            training.Keep(Seconds());
        }
        ModelState.Restore(model.GetName(), training._trainer.Parameters, training._bestState);
        return (training._best!, Seconds());
    }

    /// <summary>What decides the training beside what a trainer compares: another would go on as neither would have been.</summary>
    private IEnumerable<(string Name, string Value)> Decides =>
    [
        ("holdout.validation", _validation.Fingerprint.Value),
        ("holdout.validation-examples", FormattableString.Invariant($"{_options.ValidationExamples}")),
        ("holdout.epoch-examples", FormattableString.Invariant($"{_options.EpochExamples}")),
        ("holdout.logit-adjustment", FormattableString.Invariant($"{_options.LogitAdjustment}")),
        ("holdout.precision", HoldoutTraining.PrecisionOf(_options)),
        ("holdout.augmentation", _options.Augmentation?.Invoke(0).ToString() ?? "none"),
    ];

    private bool HasEnded =>
        _epoch >= _options.Epochs || (_best is { } best && _options.Patience > 0 && _epoch - best.Epoch >= _options.Patience);

    private void TrainEpoch(Action<HoldoutEpoch>? onEpoch, CancellationToken cancellation)
    {
        for (int step = 0; step < _stepsPerEpoch; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            _trainer.Step();
        }
        Evaluation evaluation = Evaluator.Evaluate(_trainer.Model, _judge ?? _validation, _objective);
        var result = new HoldoutEpoch(++_epoch, evaluation.Loss, evaluation.Accuracy);
        onEpoch?.Invoke(result);
        if (_best is { } best && !(result.Loss < best.Loss) && !double.IsNaN(best.Loss)) { return; }   // nothing is less than NaN
        _best = result;
        Release();
        _bestState = ModelState.Clone(_trainer.Parameters);
    }

    /// <summary>Writes what a later process needs to go on, where a path for it is given.</summary>
    private void Keep(double seconds)
    {
        if (_options.StatePath is not { } path) { return; }
        using IDisposable scope = NewDisposeScope();
        Checkpoint state = _trainer.Capture();
        foreach ((string name, Tensor value) in _bestState) { state.Tensors[BestPrefix + name] = value; }
        foreach ((string name, string value) in Decides) { state.Values[name] = value; }
        state.Set("holdout.epoch", _epoch);
        state.Set("holdout.seconds", seconds);
        state.Set("holdout.best-epoch", _best!.Epoch);
        state.Set("holdout.best-loss", _best.Loss);
        state.Set("holdout.best-accuracy", _best.Accuracy);
        state.Save(path);
    }

    /// <summary>Goes on from what another process wrote; what it had trained for, in seconds.</summary>
    private double Resume()
    {
        if (_options.StatePath is not { } path || !File.Exists(path)) { return 0; }
        using IDisposable scope = NewDisposeScope();
        try
        {
            return Resume(Checkpoint.Load(path));
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(
                $"The irreducible-loss training cannot go on from {path}: {e.Message} Delete that file to train from the beginning.", e);
        }
    }

    private double Resume(Checkpoint state)
    {
        foreach ((string name, string value) in Decides) { state.RequireSame(name, value); }
        _trainer.Restore(state);
        _epoch = checked((int)state.GetLong("holdout.epoch"));
        _best = new HoldoutEpoch(
            checked((int)state.GetLong("holdout.best-epoch")),
            state.GetDouble("holdout.best-loss"),
            state.GetDouble("holdout.best-accuracy"));
        _bestState = ModelState.Clone(_trainer.Parameters);   // of the right names and shapes
        using IDisposable noGradient = no_grad();
        foreach ((string name, Tensor value) in _bestState) { value.copy_(state.Tensor(BestPrefix + name)); }
        return state.GetDouble("holdout.seconds");
    }

    private static LabeledDataset? Sample(LabeledDataset validation, HoldoutTrainingOptions options)
    {
        if (options.ValidationExamples == 0 || options.ValidationExamples >= validation.Count) { return null; }
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Create(options.Seed, Purpose.Validation);
        Tensor rows = Transfer.To(
            randperm(validation.Count, dtype: int64, generator: generator).slice(0, 0, options.ValidationExamples, 1),
            validation.Ids.device);
        return validation.Subset(validation.Ids.index_select(0, rows));
    }

    /// <summary>τ · log π_y of the classes of the holdout, shape [C].</summary>
    private static Tensor LogPriors(LabeledDataset holdout, double strength)
    {
        long[] counts = holdout.CountByClass();
        float[] logits = counts.Select(c => (float)(strength * Math.Log(c / (double)holdout.Count))).ToArray();
        return tensor(logits, device: holdout.Ids.device).DetachFromDisposeScope();
    }

    private void Release()
    {
        foreach (Tensor tensor in _bestState.Values) { tensor.Dispose(); }
        _bestState.Clear();
    }

    /// <summary>Frees everything but the model, which is an ordinary float32 model again.</summary>
    public void Dispose()
    {
        Release();
        _trainer.Dispose();
        _judge?.Dispose();
        _priors?.Dispose();
    }
}
