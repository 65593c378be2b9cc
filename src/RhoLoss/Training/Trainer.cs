using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// Algorithm 1 of the paper for any selection function: owns sampler, selector and optimizer, and takes one gradient step at a time.
/// An epoch is one pass in which every example is a candidate once; the share n_b / n_B of them is trained on.
/// </summary>
/// <example>
/// <code>
/// using IrreducibleLosses losses = HoldoutTraining.Run(smallModel, holdout, data, new HoldoutTrainingOptions { Epochs = 20 });
/// using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, losses, new TrainerOptions());
/// while (trainer.EpochsTaken &lt; 10) { trainer.Step(); }
/// Console.WriteLine(Evaluator.Evaluate(trainer.Model, test).Accuracy);
/// </code>
/// </example>
public sealed class Trainer : IDisposable
{
    private readonly FormattedModel _model;
    private readonly FlatParameters _parameters;
    private readonly LabeledDataset _trainingSet;
    private readonly Augmentation? _augmentation;
    private readonly IExampleSampler _sampler;
    private readonly IBatchSelector _selector;
    private readonly Optimizer _optimizer;
    private readonly GradientStep _gradientStep;
    private readonly TrainerOptions _options;
    private readonly TrainerState _state;
    private readonly StepChecks _checks;
    private readonly TimeProvider _clock;

    /// <summary>
    /// Prepares ordinary training, without selection: every step trains on the next n_b examples. The model is put into training mode.
    /// </summary>
    /// <param name="model">Inputs [n, …] to outputs [n, …], already on its device. Not owned.</param>
    /// <param name="trainingSet">D. Not owned.</param>
    /// <param name="options">Batch size, optimizer, objective, seed; n_B and how to select are not read.</param>
    /// <param name="augmentation">Applied to what is trained on.</param>
    /// <exception cref="InvalidInputException">The model has BatchNorm and the batch size is 1.</exception>
    public Trainer(nn.Module<Tensor, Tensor> model, LabeledDataset trainingSet, TrainerOptions options, Augmentation? augmentation = null)
        : this(model, trainingSet, _ => new EveryCandidate(options.BatchSize), options, augmentation, score: null)
    {
    }

    /// <summary>Prepares training with the target itself as scorer; the model is put into training mode.</summary>
    /// <param name="model">The target: inputs [n, …] to logits [n, C], already on its device. Not owned.</param>
    /// <param name="trainingSet">D. Not owned.</param>
    /// <param name="score">One of <see cref="SelectionFunctions"/>, or your own.</param>
    /// <param name="reference">
    /// Irreducible losses, for functions that need them; a table must have been computed for this data. Not owned.
    /// </param>
    /// <param name="options">Batch sizes, optimizer, selection, seed.</param>
    /// <param name="augmentation">Applied to candidates before they are scored and trained on.</param>
    /// <exception cref="InvalidInputException">
    /// The irreducible losses belong to other data, or the model has BatchNorm and the batch size is 1.
    /// </exception>
    public Trainer(nn.Module<Tensor, Tensor> model, LabeledDataset trainingSet, SelectionFunction score,
                   Reference? reference, TrainerOptions options, Augmentation? augmentation = null)
        : this(model, trainingSet, target => Scored(target, score, reference, options), options, augmentation, score)
    {
    }

    /// <summary>Prepares training with any way to choose batches; the model is put into training mode.</summary>
    /// <param name="model">The target: inputs [n, …] to logits [n, C], already on its device. Not owned.</param>
    /// <param name="trainingSet">D. Not owned.</param>
    /// <param name="selector">Makes the selector for the target as it will be trained; owned from now on.</param>
    /// <param name="options">Batch sizes, optimizer, budget, seed.</param>
    /// <param name="augmentation">Applied to candidates before they are scored and trained on.</param>
    /// <exception cref="InvalidInputException">The model has BatchNorm and the batch size is 1.</exception>
    public Trainer(nn.Module<Tensor, Tensor> model, LabeledDataset trainingSet, Func<TrainingTarget, IBatchSelector> selector,
                   TrainerOptions options, Augmentation? augmentation = null)
        : this(model, trainingSet, selector, options, augmentation, score: null)
    {
    }

    private Trainer(nn.Module<Tensor, Tensor> model, LabeledDataset trainingSet, Func<TrainingTarget, IBatchSelector> selector,
                    TrainerOptions options, Augmentation? augmentation, SelectionFunction? score)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trainingSet);
        ArgumentNullException.ThrowIfNull(selector);
        ArgumentNullException.ThrowIfNull(options);
        TrainerOptions.Require(options);
        _options = options;
        var setUp = new SetUp(trainingSet, options, score);
        _trainingSet = trainingSet;
        _augmentation = augmentation;
        _checks = new StepChecks(options.ChecksLate);
        _clock = DeviceClock.For(trainingSet.Ids.device, options.Clock);
        BatchStatistics.Require(model, options.BatchSize, options.BatchParts);
        _parameters = new FlatParameters(model, options.Format);
        try
        {
            _model = new FormattedModel(model, options.Format);
            _selector = selector(new TrainingTarget(_model, _parameters, trainingSet) { Objective = options.Objective });
            (_selector as BatchSelector)?.RequireObjective(options.Objective);
            long order = Seeding.Of(options.Seed, Purpose.Order);
            _sampler = options.Sampler is { } create
                ? create(trainingSet.Ids, _selector.LargeBatchSize, order)
                : new ShuffledSampler(trainingSet, _selector.LargeBatchSize, order);
            _optimizer = options.Optimizer.CreateFor(_parameters, options.OptimizerThreads);
            _gradientStep = new GradientStep(_model, _optimizer, options.Seed, options: options);
        }
        catch
        {
            _sampler?.Dispose();
            _selector?.Dispose();
            _optimizer?.Dispose();
            _parameters.Dispose();
            _model?.Dispose();
            throw;
        }
        _state = new TrainerState(_model.GetName(), _parameters, _optimizer, _selector, _sampler, setUp, options.AccumulatedSteps);
        _model.train();
    }

    private static BatchSelector Scored(
        TrainingTarget target, SelectionFunction score, Reference? reference, TrainerOptions options)
    {
        reference?.RequireSameData(target.TrainingSet);
        return new BatchSelector(target.Model, score, reference, options.BatchSize, options.Selection with
        {
            LargeBatchSize = options.LargeBatchSize,
            Objective = options.Objective,
            Seed = Seeding.Of(options.Seed, Purpose.Selector),
        });
    }

    /// <summary>The target in the format it trains in: evaluate it through this one. Its inputs and logits are float32.</summary>
    public nn.Module<Tensor, Tensor> Model => _model;

    /// <summary>The target's parameters, in float32 and in the format that it trains in.</summary>
    internal FlatParameters Parameters => _parameters;

    /// <summary>Gradient steps taken.</summary>
    public long StepsTaken { get; private set; }

    /// <summary>Steps of one epoch at the present n_B: ⌈N / n_B⌉.</summary>
    public int StepsPerEpoch => (_sampler.Count + _selector.LargeBatchSize - 1) / _selector.LargeBatchSize;

    /// <summary>Whole epochs taken.</summary>
    public int EpochsTaken => _sampler.State.Epoch;

    /// <summary>Wall-clock seconds of all steps so far, without <see cref="TrainerOptions.SecondsSpentBefore"/>.</summary>
    public double Seconds { get; private set; }

    /// <summary>Spent share of the budget, from 0; 0 for ever without one.</summary>
    public double Progress => ProgressAt(StepsTaken);

    /// <summary>Called after each step with tensors that live until it returns; for tracking. Must not keep them.</summary>
    public Action<TrainingStep>? OnStep { get; set; }

    /// <summary>One step of Algorithm 1: draw B_t, score it, keep b_t, take a gradient step on the mean loss of b_t.</summary>
    /// <exception cref="NonFiniteLossException">
    /// The loss is not finite; the parameters are those from before the step. Or that of a model which learns beside the target, after the
    /// target's update.
    /// </exception>
    /// <exception cref="NonFiniteScoreException">A score is not finite; likewise.</exception>
    /// <exception cref="InvalidInputException">The model has no output for a label of the data set, or only one; likewise.</exception>
    public StepResult Step()
    {
        using DisposeScope scope = NewDisposeScope();
        using StepChecks.Entered checks = _checks.Enter();
        var watch = new StepWatch(_clock);
        double progress = Progress;
        LargeBatch largeBatch = _sampler.Next(_selector.LargeBatchSize, progress).On(_trainingSet.Ids.device);
        SelectedBatch selected = _selector.Select(_trainingSet, largeBatch, _augmentation);
        Foresee(selected);
        watch.Selected();
        (TrainedBatch trained, double loss) = _gradientStep.Take(
            selected.Batch, _options.Objective, StepsTaken + 1, selected.Weights, _options.Schedule.FactorAt(progress));
        _selector.Observe(trained);
        _sampler.Observe(trained);
        return Report(largeBatch.Count, selected, trained, loss, watch);
    }

    private StepResult Report(int candidates, SelectedBatch selected, TrainedBatch trained, double loss, StepWatch watch)
    {
        TimeSpan total = watch.Elapsed;
        _checks.Complete();
        StepsTaken++;
        Seconds += total.TotalSeconds;
        OnStep?.Invoke(new TrainingStep(StepsTaken, selected, trained, loss));
        return new StepResult(StepsTaken, loss, candidates, selected.Candidates.Forwarded, selected.Batch.Count,
                              watch.Selection, total, EpochEnded: _sampler.AtEpochStart);
    }

    private double ProgressAt(long steps) =>
        _options.Budget?.ProgressAt(
            steps, Seconds + _options.SecondsSpentBefore, EpochsTaken + (double)_sampler.State.Position / _sampler.Count) ?? 0;

    /// <summary>
    /// Streamed inputs are decoded during the gradient step. A selector that has not looked at the candidates will not look at
    /// the next either, unless it trains on all of them. Of a budget in seconds this step's are not known yet, so the one batch
    /// that ends InfoBatch's pruning may be another.
    /// </summary>
    private void Foresee(SelectedBatch selected)
    {
        if (!_trainingSet.IsStreamed || (selected.Candidates.Forwarded == 0 && _selector.LargeBatchSize > _options.BatchSize)) { return; }
        foreach (LargeBatch coming in _sampler.Ahead(1, _selector.LargeBatchSize, ProgressAt(StepsTaken + 1)))
        {
            _trainingSet.Prefetch(coming.Ids);
        }
    }

    /// <summary>
    /// Everything that a later run needs to continue bit for bit: parameters and buffers, optimizer, place in the data. No random
    /// state: what is drawn is a function of seed and step. Its tensors are copies, which the caller's dispose scope owns.
    /// </summary>
    public Checkpoint Capture()
    {
        _checks.Settle();
        return _state.Capture(StepsTaken, Seconds);
    }

    /// <summary>Continues from a captured state of a trainer that was built the same way.</summary>
    /// <exception cref="InvalidInputException">
    /// The checkpoint is of another model, of a trainer with another seed, batch size, optimizer, objective, selection function or data, or
    /// lacks a part, or has one of another type or shape.
    /// </exception>
    public void Restore(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        (StepsTaken, Seconds) = _state.Restore(checkpoint, StepsTaken, Seconds);
    }

    /// <summary>Frees sampler, selector and optimizer; not the data nor the model, which is an ordinary float32 model again.</summary>
    public void Dispose()
    {
        _checks.Dispose();
        _sampler.Dispose();
        _selector.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
        _model.Dispose();
    }
}
