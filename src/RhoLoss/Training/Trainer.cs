using System.Diagnostics;
using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// Algorithm 1 of the paper for any selection function: owns sampler, selector and optimizer, and takes one gradient step at a time.
/// An epoch is one pass in which every example is a candidate once; the share n_b / n_B of them is trained on.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly FormattedModel _model;
    private readonly FlatParameters _parameters;
    private readonly LabeledDataset _trainingSet;
    private readonly Augmentation? _augmentation;
    private readonly ShuffledSampler _sampler;
    private readonly BatchSelector _selector;
    private readonly FusedOptimizer _optimizer;

    /// <summary>Prepares training; the model is put into training mode.</summary>
    /// <param name="model">The target: inputs [n, …] to logits [n, C], already on its device. Not owned.</param>
    /// <param name="trainingSet">D. Not owned.</param>
    /// <param name="score">One of <see cref="SelectionFunctions"/>, or your own.</param>
    /// <param name="irreducibleLosses">For functions that need them; must have been computed for this data. Not owned.</param>
    /// <param name="options">Batch sizes, optimizer, selection, seed.</param>
    /// <param name="augmentation">Applied to candidates before they are scored and trained on; owned from now on.</param>
    /// <exception cref="InvalidInputException">The irreducible losses belong to other data.</exception>
    public Trainer(nn.Module<Tensor, Tensor> model, LabeledDataset trainingSet, SelectionFunction score,
                   IrreducibleLosses? irreducibleLosses, TrainerOptions options, Augmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(trainingSet);
        ArgumentNullException.ThrowIfNull(options);
        irreducibleLosses?.RequireSameData(trainingSet);
        _model = new FormattedModel(model, options.Format);
        _trainingSet = trainingSet;
        _augmentation = augmentation;
        _selector = new BatchSelector(_model, score, irreducibleLosses, options.BatchSize,
            options.Selection with { LargeBatchSize = options.LargeBatchSize, Seed = Seeding.Mix(options.Seed, 1) });
        _sampler = new ShuffledSampler(trainingSet.Ids, options.LargeBatchSize, Seeding.Mix(options.Seed, 0));
        _parameters = new FlatParameters(model, options.Format);
        _optimizer = options.Optimizer.CreateFor(_parameters, options.OptimizerThreads);
        _model.train();
    }

    /// <summary>The target in the format it trains in: evaluate it through this one. Its inputs and logits are float32.</summary>
    public nn.Module<Tensor, Tensor> Model => _model;

    /// <summary>Gradient steps taken.</summary>
    public long StepsTaken { get; private set; }

    /// <summary>Steps of one epoch: ⌈N / n_B⌉.</summary>
    public int StepsPerEpoch => _sampler.StepsPerEpoch;

    /// <summary>Whole epochs taken.</summary>
    public int EpochsTaken => _sampler.State.Epoch;

    /// <summary>Called after each step with tensors that live until it returns; for tracking. Must not keep them.</summary>
    public Action<TrainingStep>? OnStep { get; set; }

    /// <summary>One step of Algorithm 1: draw B_t, score it, keep b_t, take a gradient step on the mean loss of b_t.</summary>
    /// <exception cref="NonFiniteLossException">The loss is not finite; the parameters are those from before the step.</exception>
    /// <exception cref="NonFiniteScoreException">A score is not finite; likewise.</exception>
    public StepResult Step()
    {
        using DisposeScope scope = NewDisposeScope();
        long started = Stopwatch.GetTimestamp();
        Tensor largeBatch = _sampler.Next();
        SelectedBatch selected = _selector.Select(_trainingSet, largeBatch, _augmentation);
        TimeSpan selection = Stopwatch.GetElapsedTime(started);

        (Tensor logits, double loss) = GradientStep.Take(_model, _optimizer, selected.Batch, selected.Weights, StepsTaken + 1);
        StepsTaken++;

        TimeSpan total = Stopwatch.GetElapsedTime(started);
        OnStep?.Invoke(new TrainingStep(StepsTaken, selected, logits, loss));
        return new StepResult(StepsTaken, loss, (int)largeBatch.shape[0], selected.Candidates.Forwarded, selected.Batch.Count,
                              selection, total, EpochEnded: _sampler.AtEpochStart);
    }

    /// <summary>
    /// Everything that a later run needs to continue bit for bit: parameters and buffers, optimizer, place in the data, random streams.
    /// Refers to the live tensors: write it before the next step. The caller's dispose scope owns what was made for it.
    /// </summary>
    public Checkpoint Capture()
    {
        var checkpoint = new Checkpoint();
        foreach ((string name, Tensor value) in _parameters.StateDict()) { checkpoint.Tensors[Checkpoint.ModelPrefix + name] = value; }
        foreach ((string name, Tensor value) in _optimizer.CaptureState()) { checkpoint.Tensors[Checkpoint.OptimizerPrefix + name] = value; }
        (Tensor generator, double varianceReduction) = _selector.GetState();
        checkpoint.Tensors["generator.selection"] = generator;
        checkpoint.Tensors["generator.process"] = random.get_rng_state();
        if (_augmentation is not null) { checkpoint.Tensors["generator.augmentation"] = _augmentation.GetState(); }
        checkpoint.Set("steps", StepsTaken);
        checkpoint.Set("sampler.epoch", _sampler.State.Epoch);
        checkpoint.Set("sampler.position", _sampler.State.Position);
        checkpoint.Set("variance-reduction", varianceReduction);
        return checkpoint;
    }

    /// <summary>Continues from a captured state of a trainer that was built the same way.</summary>
    /// <exception cref="InvalidInputException">The checkpoint is of another model or lacks a part.</exception>
    public void Restore(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ModelState.Restore(_model.GetName(), _parameters, checkpoint.Tensors, Checkpoint.ModelPrefix);
        _optimizer.RestoreState(checkpoint.Tensors, Checkpoint.OptimizerPrefix);
        _selector.SetState(checkpoint.Tensor("generator.selection"), checkpoint.GetDouble("variance-reduction"));
        random.set_rng_state(checkpoint.Tensor("generator.process"));
        _augmentation?.SetState(checkpoint.Tensor("generator.augmentation"));
        _sampler.Restore(new SamplerState((int)checkpoint.GetLong("sampler.epoch"), (int)checkpoint.GetLong("sampler.position")));
        StepsTaken = checkpoint.GetLong("steps");
    }

    /// <summary>Frees sampler, selector, optimizer and augmentation; not the data nor the model, which is an ordinary float32 model again.</summary>
    public void Dispose()
    {
        _sampler.Dispose();
        _selector.Dispose();
        _optimizer.Dispose();
        _parameters.RestoreFloat32();
        _parameters.Dispose();
        _model.Dispose();
        _augmentation?.Dispose();
    }
}
