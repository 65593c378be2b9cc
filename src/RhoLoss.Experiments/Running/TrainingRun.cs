using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Runs;
using RhoLoss.Selection;
using RhoLoss.Selection.Gate;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Running;

/// <summary>
/// Trains one arm to the end of its epochs: steps, tracking, evaluation, metrics, checkpoints. Interrupted or killed, it continues from
/// its newest whole checkpoint with the same selections and accuracies as if nothing had happened (on one thread, bit for bit).
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private readonly Recipe _recipe;
    private readonly Arm _arm;
    private readonly Length _length;
    private readonly double _preparationSeconds;
    private readonly double _secondsSpentBefore;
    private readonly ExperimentData _data;
    private readonly MetricsLog _metrics;
    private readonly CheckpointStore _checkpoints;
    private readonly Action<RunEvent> _report;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly Trainer _trainer;
    private readonly SelectionTracker _tracker;
    private readonly List<EpochResult> _epochs = [];
    private AutoSelector? _gate;
    private readonly LabeledDataset? _chosen;   // of D, where svp chose a part of it
    private RunningTotals _totals = new();
    private TensorBoardLog? _tensorBoard;
    private long _lastSaved = -1;

    /// <summary>
    /// Prepares the arm: makes or finds its selection plan, which is the only file written before <see cref="Run"/>,
    /// trains the proxy of svp, and creates the model.
    /// </summary>
    public TrainingRun(Recipe recipe, Arm arm, ExperimentData data, IrreducibleLosses? irreducibleLosses, MetricsLog metrics,
                       CheckpointStore checkpoints, Action<RunEvent> report, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(arm);
        ArgumentNullException.ThrowIfNull(data);
        _recipe = recipe;
        _arm = arm;
        _length = recipe.Training.Length.Times(arm.Budget);
        _data = data;
        _metrics = metrics;
        _checkpoints = checkpoints;
        _report = report;
        string? plan = null;
        var selection = new ArmSelection(recipe, arm, irreducibleLosses) { OnDecision = ReportDecision };
        if (selection.Scorer.ReplaysPlan)
        {
            (plan, PlanFacts facts) = SelectionPlanFile.GetOrMake(recipe, arm, data, irreducibleLosses, force: false, report, cancellation);
            selection = selection with { Plan = plan };
            _preparationSeconds += facts.Seconds;
        }
        if (selection.ChooseViaProxy(data.Training, cancellation) is { } viaProxy)
        {
            _chosen = viaProxy.Chosen;
            _preparationSeconds += viaProxy.Seconds;
        }
        double lossSeconds = irreducibleLosses is not null && arm.Method.NeedsIrreducibleLosses
            ? irreducibleLosses.Facts.Seconds
            : 0;
        double spent = _preparationSeconds + lossSeconds;
        _model = Architecture.TargetOf(recipe)
            .Create(data.Training, ArmSeeds.Model(arm.Seed), onWeights: loaded => report(new RunEvent.Notice(loaded.ToString())));
        _trainer = new Trainer(_model, _chosen ?? data.Training, CreateSelector, new TrainerOptions
        {
            BatchSize = recipe.Training.BatchSize,
            LargeBatchSize = selection.LargeBatchSize,
            Optimizer = ComputeOptions.OptimizerOf(recipe),
            OptimizerThreads = get_num_threads(),
            Format = ComputeOptions.FormatOf(recipe),
            Schedule = ComputeOptions.ScheduleOf(recipe),
            Budget = _length.Budget,
            SecondsSpentBefore = _secondsSpentBefore = recipe.IrreducibleLoss.Charge ? spent : 0,
            Sampler = arm.Method.Sampler,
            Seed = ArmSeeds.Training(arm.Seed),
        }, data.Augmentation?.Invoke(ArmSeeds.Augmentation(arm.Seed)));
        IBatchSelector CreateSelector(TrainingTarget target)
        {
            IBatchSelector selector = plan is null ? selection.Create(target) : selection.Replay(data);
            _gate = selector as AutoSelector;
            return selector;
        }

        _tracker = new SelectionTracker(data.Training);
        _trainer.OnStep = Observe;
    }

    /// <summary>The model being trained.</summary>
    public nn.Module<Tensor, Tensor> Model => _model;

    /// <summary>Called with each step's tensors, after tracking; for tests and extensions.</summary>
    public Action<TrainingStep>? OnStep { get; set; }

    /// <summary>Folder for TensorBoard events; null for none.</summary>
    public string? TensorBoardFolder { get; set; }

    /// <summary>Steps of the whole run: known for epochs and steps, estimated for a budget of seconds.</summary>
    private long TotalSteps => _length switch
    {
        Length.OfSeconds =>
            _trainer.Progress > 0 && _trainer.StepsTaken > 0
                ? Math.Max(_trainer.StepsTaken, (long)(_trainer.StepsTaken / _trainer.Progress))
                : 1,
        Length.OfSteps length => length.Steps,
        Length.OfEpochs length => (long)length.Epochs * _trainer.StepsPerEpoch,
        _ => throw new InvalidOperationException($"There is no number of steps in {_length}."),
    };

    private int Evaluations => _length is Length.OfEpochs length ? length.Epochs : _recipe.Training.Evaluations;

    private bool CountsEpochs => _recipe.Training.CountsEpochs;

    /// <summary>Whether the test set is due: after each epoch, or at equal shares of a budget and at its end.</summary>
    private bool IsEvaluationDue(StepResult step) =>
        CountsEpochs ? step.EpochEnded : _trainer.Progress >= Math.Min(1, (_epochs.Count + 1.0) / Evaluations);

    /// <summary>
    /// Whether no step may follow: the last epoch was evaluated, or a budget is spent, though there
    /// were fewer steps than evaluations wanted.
    /// </summary>
    private bool IsDone => _epochs.Count >= Evaluations || (!CountsEpochs && _epochs.Count > 0 && _trainer.Progress >= 1);

    /// <summary>Continues from the newest checkpoint that is whole, and drops the metrics written after it.</summary>
    /// <exception cref="InvalidInputException">There is no checkpoint, or it belongs to other data or another configuration.</exception>
    public void Resume()
    {
        using IDisposable scope = NewDisposeScope();
        Checkpoint checkpoint = _checkpoints.LoadNewest(message => _report(new RunEvent.Notice(message)));
        RequireSame(checkpoint, "method", _arm.Name);
        RequireSame(checkpoint, "seed", _arm.Seed.ToString(CultureInfo.InvariantCulture));
        if (checkpoint.Get("data") != _data.Training.Fingerprint.Value)
        {
            throw new InvalidInputException(
                $"The checkpoint to resume was trained on other data (fingerprint {checkpoint.Get("data")[..8]}, "
                + $"now {_data.Training.Fingerprint.Value[..8]}): inputs, labels or split have changed since. "
                + "Restore the data, or start a new run.");
        }
        if (_chosen is not null && !checkpoint.Tensor("svp.ids").data<long>().SequenceEqual(_chosen.Ids.data<long>()))
        {
            throw new InvalidInputException(
                "svp chose other points than before the checkpoint, because its proxy was trained with other threads "
                + "or in another precision. Resume as the run was started, or start a new one.");
        }
        _trainer.Restore(checkpoint);
        _tracker.Restore(checkpoint.Tensor("tracker"));
        const string Fix = "Delete that checkpoint to resume from the one before.";
        _totals = ArmState.Read<RunningTotals>(checkpoint.Get("totals"), "The entry totals of the checkpoint", Fix);
        var epochs = ArmState.Read<List<EpochResult?>>(checkpoint.Get("epochs"), "The entry epochs of the checkpoint", Fix);
        _epochs.Clear();
        _epochs.AddRange(ArmState.Checked(epochs, "The entry epochs of the checkpoint", Fix));
        _metrics.TruncateTo(checkpoint.GetLong("metrics.position"));
        _lastSaved = _trainer.StepsTaken;
    }

    /// <summary>Trains the epochs that are left.</summary>
    /// <exception cref="OperationCanceledException">Cancelled: a checkpoint of the last complete step is there.</exception>
    /// <exception cref="NonFiniteLossException">The training or test loss became NaN; earlier checkpoints are intact.</exception>
    /// <exception cref="NonFiniteScoreException">A score became NaN; likewise.</exception>
    public ArmResult Run(CancellationToken cancellation)
    {
        if (TensorBoardFolder is not null) { _tensorBoard ??= new TensorBoardLog(TensorBoardFolder, _trainer.StepsTaken + 1); }
        _report(new RunEvent.ArmStarted(_arm, _trainer.StepsTaken, TotalSteps));
        LabeledDataset trained = _chosen ?? _data.Training;
        (double waitedBefore, double secondsBefore) = (trained.DataWaitSeconds, _trainer.Seconds);
        while (!IsDone)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save(score: null);
                cancellation.ThrowIfCancellationRequested();
            }
            StepResult step = Step();
            _totals.Add(step);
            _report(new RunEvent.StepDone(_arm, step.Step, TotalSteps, step.Loss, _gate?.NetSecondsSaved));
            if (IsEvaluationDue(step)) { EndEpoch(); }
            else if (IsDue(_recipe.Checkpoints.EverySteps, step.Step)) { Save(score: null); }
        }
        if (trained.IsStreamed && _trainer.Seconds > secondsBefore)
        {
            ReportWaiting((trained.DataWaitSeconds - waitedBefore) / (_trainer.Seconds - secondsBefore));
        }
        return new ArmResult(_arm.Name, _arm.Seed, [.. _epochs], _secondsSpentBefore, _preparationSeconds);
    }

    private void ReportWaiting(double share)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{_arm.Name} seed {_arm.Seed}: {100 * share:0.0} % of the training time was spent waiting for inputs to be decoded");
        _report(share > 0.1
            ? new RunEvent.Notice(text + "; more data.loader-threads or data.cache-megabytes, or smaller files, would help")
            : new RunEvent.Stage(text));
    }

    /// <summary>Writes a checkpoint of the current step, unless there is one already.</summary>
    /// <param name="score">Test accuracy at this step, if known.</param>
    public void Save(double? score)
    {
        if (_lastSaved == _trainer.StepsTaken) { return; }
        using IDisposable scope = NewDisposeScope();
        _metrics.FlushToDisk();
        Checkpoint checkpoint = _trainer.Capture();
        checkpoint.Tensors["tracker"] = _tracker.State;
        checkpoint.Values["method"] = _arm.Name;
        checkpoint.Set("seed", _arm.Seed);
        checkpoint.Values["data"] = _data.Training.Fingerprint.Value;
        if (_chosen is not null) { checkpoint.Tensors["svp.ids"] = _chosen.Ids; }
        checkpoint.Values["totals"] = ArmState.Write(_totals);
        checkpoint.Values["epochs"] = ArmState.Write(_epochs);
        checkpoint.Set("metrics.position", _metrics.Position);
        _checkpoints.Save(checkpoint, _trainer.StepsTaken, score);
        _lastSaved = _trainer.StepsTaken;
    }

    private void Observe(TrainingStep step)
    {
        _tracker.Observe(step);
        _totals.AddSelected(step.Selected.Indices);
        if (_recipe.Report.LogEverySteps > 0 && step.Step % _recipe.Report.LogEverySteps == 0)
        {
            _metrics.Append(new
            {
                kind = "step",
                method = _arm.Name,
                seed = _arm.Seed,
                step = step.Step,
                loss = step.Loss,
                quantiles = SelectionTracker.Quantiles(step),
            });
        }
        OnStep?.Invoke(step);
    }

    private void ReportDecision(GateDecision decision)
    {
        _report(new RunEvent.GateDecided(_arm, decision));
        _metrics.Append(new { kind = "gate", method = _arm.Name, seed = _arm.Seed, decision });
    }

    private void EndEpoch()
    {
        Evaluation test = Evaluator.Evaluate(_trainer.Model, _data.Test);
        if (!double.IsFinite(test.Loss))
        {
            throw new NonFiniteLossException(string.Create(CultureInfo.InvariantCulture,
                $"The test loss of {_arm.Name} with seed {_arm.Seed} is {test.Loss} "
                + $"after epoch {_epochs.Count + 1} (step {_trainer.StepsTaken}): ")
                + "weights or BatchNorm's running statistics are no longer finite. Lower the learning rate.");
        }
        var result = new EpochResult(
            _epochs.Count + 1, _trainer.StepsTaken, test.Accuracy, test.Loss, _totals.TakeMeanLoss(),
            _totals.Seconds, _totals.ScoringSeconds, _totals.ExamplesTrained, _totals.ExamplesScored,
            _tracker.Shares, _totals.SelectedSha256);
        _tracker.Reset();
        _epochs.Add(result);
        _metrics.Append(new
        {
            kind = "epoch",
            method = _arm.Name,
            seed = _arm.Seed,
            epoch = result.Epoch,
            step = result.Step,
            accuracy = result.Accuracy,
            testLoss = result.TestLoss,
            trainLoss = result.TrainLoss,
            seconds = result.Seconds,
            scoringSeconds = result.ScoringSeconds,
            examplesTrained = result.ExamplesTrained,
            examplesScored = result.ExamplesScored,
            selected = result.Selected,
            selectedSha256 = result.SelectedSha256,
        });
        _tensorBoard?.Add(
            result.Step,
            ("accuracy/test", result.Accuracy),
            ("loss/test", result.TestLoss),
            ("loss/train", result.TrainLoss),
            ("selected/corrupted", result.Selected.Corrupted),
            ("selected/already correct", result.Selected.AlreadyCorrect),
            ("selected/low relevance", result.Selected.LowRelevance));
        if (IsDone || IsDue(_recipe.Checkpoints.EveryEpochs, result.Epoch) || IsDue(_recipe.Checkpoints.EverySteps, result.Step))
        {
            Save(result.Accuracy);
        }
        _report(new RunEvent.EpochDone(_arm, result, Evaluations));
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
                    $"Step {_trainer.StepsTaken + 1} of {_arm.Name} with seed {_arm.Seed}: {e.Message}"),
                e);
        }
    }

    private void RequireSame(Checkpoint checkpoint, string what, string expected)
    {
        if (checkpoint.Get(what) != expected)
        {
            throw new InvalidInputException(
                $"The checkpoint to resume has {what} {checkpoint.Get(what)}, but this run has {expected}. "
                + "Resume with the recipe it was started with, or start a new run.");
        }
    }

    /// <summary>Frees model, trainer and tracker.</summary>
    public void Dispose()
    {
        _tensorBoard?.Dispose();
        _trainer.Dispose();
        _chosen?.Dispose();
        _tracker.Dispose();
        _model.Dispose();
    }
}
