using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Arms;

/// <summary>
/// Trains one arm to the end of its epochs: steps, tracking, evaluation, metrics, checkpoints. Interrupted or killed, it continues from
/// its newest whole checkpoint with the same selections and accuracies as if nothing had happened (on one thread, bit for bit).
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private readonly Recipe _recipe;
    private readonly Arm _arm;
    private readonly double _secondsSpentBefore;
    private readonly ExperimentData _data;
    private readonly RunLogs _logs;
    private readonly CheckpointStore _checkpoints;
    private readonly PreparedArm _prepared;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly Trainer _trainer;
    private readonly EvaluationSchedule _schedule;
    private readonly ArmHistory _history;
    private AutoSelector? _gate;
    private long _lastSaved = -1;

    private TrainingRun(
        Recipe recipe, RecipeArm arm, ExperimentData data, IrreducibleLosses? irreducibleLosses, RunLogs logs, CheckpointStore checkpoints,
        PreparedArm prepared)
    {
        (_recipe, _arm, _data, _logs, _checkpoints, _prepared) = (recipe, arm.Label, data, logs, checkpoints, prepared);
        double lossSeconds = irreducibleLosses is not null && arm.Method.NeedsIrreducibleLosses
            ? irreducibleLosses.Facts.Seconds
            : 0;
        _secondsSpentBefore = recipe.IrreducibleLoss.Charge ? prepared.Seconds + lossSeconds : 0;
        Length length = recipe.Training.Length.Times(arm.Budget);
        _model = Architecture.TargetOf(recipe)
            .Create(data.Training, ArmSeeds.Model(arm.Seed), onWeights: loaded => logs.Write(new RunEvent.Notice(loaded.ToString())));
        try
        {
            _trainer = new Trainer(
                _model, Trained, CreateSelector, prepared.TargetOptions(length.Budget, _secondsSpentBefore, data),
                data.Augmentation?.Invoke(ArmSeeds.Augmentation(arm.Seed)));
            _schedule = new EvaluationSchedule(length, recipe.Training, recipe.Metric, _trainer);
            _history = new ArmHistory(arm.Method.TrainsOnHoldout ? Trained : data.Training, recipe.Metric);
            _trainer.OnStep = Observe;
        }
        catch
        {
            _trainer?.Dispose();
            _history?.Dispose();
            _model.Dispose();
            throw;
        }

        IBatchSelector CreateSelector(TrainingTarget target)
        {
            IBatchSelector selector = prepared.CreateSelector(target, data);
            _gate = selector as AutoSelector;
            return selector;
        }
    }

    /// <summary>
    /// Prepares the arm: makes or finds its selection plan, which is the only file written before <see cref="Run"/>,
    /// trains the proxy of svp, and creates the model.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled while it made a plan or trained a proxy.</exception>
    public static TrainingRun Prepare(
        Recipe recipe, RecipeArm arm, ExperimentData data, IrreducibleLosses? irreducibleLosses, RunLogs logs, CheckpointStore checkpoints,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(arm);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(logs);
        PreparedArm prepared = PreparedArm.Make(recipe, arm, data, irreducibleLosses, logs.Write, cancellation);
        try
        {
            return new TrainingRun(recipe, arm, data, irreducibleLosses, logs, checkpoints, prepared);
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>The model being trained.</summary>
    public nn.Module<Tensor, Tensor> Model => _model;

    /// <summary>Gradient steps taken.</summary>
    internal long StepsTaken => _trainer.StepsTaken;

    /// <summary>What was found of each example of D so far. Owned by the run.</summary>
    public ExampleLedger Ledger => _history.Ledger;

    /// <summary>Called with each step's tensors, after tracking; for tests and extensions.</summary>
    public Action<TrainingStep>? OnStep { get; set; }

    /// <summary>What it trains on: D, or what its method chose once.</summary>
    private LabeledDataset Trained => _prepared.Chosen ?? _data.Training;

    /// <summary>Continues from the newest checkpoint that is whole, and drops the metrics written after it.</summary>
    /// <exception cref="InvalidInputException">There is no checkpoint, or it belongs to other data or another configuration.</exception>
    public void Resume()
    {
        using IDisposable scope = NewDisposeScope();
        Checkpoint checkpoint = _checkpoints.LoadNewest(message => _logs.Write(new RunEvent.Notice(message)));
        ArmState.RequireSame(checkpoint, "method", _arm.Method);
        ArmState.RequireSame(checkpoint, "seed", _arm.Seed.ToString(CultureInfo.InvariantCulture));
        if (checkpoint.Get("data") != _data.Training.Fingerprint.Value)
        {
            throw new InvalidInputException(
                $"The checkpoint to resume was trained on other data (fingerprint {checkpoint.Get("data")[..8]}, "
                + $"now {_data.Training.Fingerprint.Value[..8]}): inputs, labels or split have changed since. "
                + "Restore the data, or start a new run.");
        }
        if (_prepared.Chosen is { } chosen
            && !checkpoint.Tensor("svp.ids").cpu().data<long>().SequenceEqual(chosen.Ids.cpu().data<long>()))
        {
            throw new InvalidInputException(
                $"{_arm.Method} chose other points than before the checkpoint: what it chose by has changed, or its proxy was trained with "
                + "other threads or in another precision. Resume as the run was started, or start a new one.");
        }
        _trainer.Restore(checkpoint);
        _history.Restore(checkpoint);
        _logs.Restore(checkpoint);
        _lastSaved = _trainer.StepsTaken;
    }

    /// <summary>Trains the epochs that are left, or until nothing has become better for as long as the recipe waits.</summary>
    /// <exception cref="OperationCanceledException">Cancelled: a checkpoint of the last complete step is there.</exception>
    /// <exception cref="NonFiniteLossException">The training or test loss became NaN; earlier checkpoints are intact.</exception>
    /// <exception cref="NonFiniteScoreException">A score became NaN; likewise.</exception>
    public ArmResult Run(CancellationToken cancellation)
    {
        _logs.Write(new RunEvent.Started(_arm, _trainer.StepsTaken, _schedule.TotalSteps));
        var wait = new DecodingWait(Trained, _trainer);
        while (!_schedule.IsDone(_history.Measured))
        {
            if (cancellation.IsCancellationRequested)
            {
                Save(score: null);
                cancellation.ThrowIfCancellationRequested();
            }
            StepResult step = Step();
            _history.Add(step);
            _logs.Write(new RunEvent.Progressed(_arm, step.Step, _schedule.TotalSteps, step.Loss, _gate?.NetSecondsSaved));
            if (_schedule.IsDue(step, _history.Measured.Count)) { Measure(); }
            else if (IsDue(_recipe.Checkpoints.EverySteps, step.Step)) { Save(score: null); }
        }
        if (wait.Report(_arm) is { } waited) { _logs.Write(waited); }
        RunEvent.Notice? early = _schedule.EarlyEndOf(_arm, _history.Measured);
        if (early is not null) { _logs.Write(early); }
        return new ArmResult(
            _arm.Method, _arm.Seed, [.. _history.Measured], _secondsSpentBefore, _prepared.Seconds, StoppedEarly: early is not null);
    }

    /// <summary>Writes a checkpoint of the current step, unless there is one already.</summary>
    /// <param name="score">What the test set is judged by at this step, higher is better, if known.</param>
    public void Save(double? score)
    {
        if (_lastSaved == _trainer.StepsTaken) { return; }
        using IDisposable scope = NewDisposeScope();
        Checkpoint checkpoint = _trainer.Capture();
        checkpoint.Values["method"] = _arm.Method;
        checkpoint.Set("seed", _arm.Seed);
        checkpoint.Values["data"] = _data.Training.Fingerprint.Value;
        if (_data.Training.Tokens?.Sha256 is { } vocabulary) { checkpoint.Values[Architecture.VocabularyKey] = vocabulary; }
        if (_prepared.Chosen is { } chosen) { checkpoint.Tensors["svp.ids"] = chosen.Ids; }
        _history.Capture(checkpoint);
        _logs.Capture(checkpoint);
        _checkpoints.Save(checkpoint, _trainer.StepsTaken, score);
        _lastSaved = _trainer.StepsTaken;
    }

    private void Observe(TrainingStep step)
    {
        _history.Observe(step);
        if (_recipe.Report.LogEverySteps > 0 && step.Step % _recipe.Report.LogEverySteps == 0)
        {
            _logs.Write(new RunEvent.Stepped(_arm, step.Step, step.Loss, SelectionTracker.Quantiles(step)));
        }
        OnStep?.Invoke(step);
    }

    private void Measure()
    {
        Evaluation test = Evaluator.Evaluate(_trainer.Model, _data.Test, _data.Objective);
        if (!double.IsFinite(test.Loss))
        {
            throw new NonFiniteLossException(string.Create(CultureInfo.InvariantCulture,
                $"The test loss of {_arm.Method} with seed {_arm.Seed} is {test.Loss} "
                + $"after epoch {_history.Measured.Count + 1} (step {_trainer.StepsTaken}): ")
                + "weights or BatchNorm's running statistics are no longer finite. Lower the learning rate.");
        }
        MeasuredPoint point = _history.Measure(test, _prepared.Selection.Stages);
        _logs.Write(new RunEvent.Measured(_arm, point) { Metric = _recipe.Metric });
        if (_schedule.IsDone(_history.Measured) || IsDue(_recipe.Checkpoints.EveryEpochs, point.Epoch)
            || IsDue(_recipe.Checkpoints.EverySteps, point.Step))
        {
            Save(_recipe.Metric.Score(point.Metric(_recipe.Metric.NameInPoints)));
        }
    }

    private static bool IsDue(int every, long count) => every > 0 && count % every == 0;

    private StepResult Step()
    {
        try
        {
            return _trainer.Step();
        }
        catch (NonFiniteScoreException e)
        {
            // The selector knows the examples, but neither the step nor which of a comparison's arms it works for.
            throw new NonFiniteScoreException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Step {_trainer.StepsTaken + 1} of {_arm.Method} with seed {_arm.Seed}: {e.Message}"),
                e);
        }
    }

    /// <summary>Frees model, trainer and history.</summary>
    public void Dispose()
    {
        _trainer.Dispose();
        _prepared.Dispose();
        _history.Dispose();
        _model.Dispose();
    }
}
