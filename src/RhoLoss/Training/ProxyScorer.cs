using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>How a <see cref="ProxyScorer"/> learns.</summary>
public sealed record ProxyOptions
{
    /// <summary>Optimizer of the proxy.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamWOptions();

    /// <summary>What it computes in.</summary>
    public ComputeFormat Format { get; init; } = ComputeFormat.Default;

    /// <summary>It takes a gradient step after every m-th step of the target; at least 1.</summary>
    public int TrainEvery { get; init; } = 1;

    /// <summary>Share of b_t it is trained on, the best first; in (0, 1].</summary>
    public double TrainShare { get; init; } = 1;

    /// <summary>Images are averaged over squares of this side before the proxy sees them: 1, 2 or 4.</summary>
    public int Downscale { get; init; } = 1;

    /// <summary>Mode while it scores.</summary>
    public ScoringMode Mode { get; init; } = ScoringMode.Train;

    /// <summary>Seed of what its layers draw while it learns.</summary>
    public long Seed { get; init; }
}

/// <summary>
/// Scores with a small model that learns beside the target, from the points that are selected. What one model has not learnt yet,
/// another of the same data mostly has not either; a proxy of a tenth of the target's size makes scoring ten times cheaper.
/// </summary>
/// <example>
/// <code>
/// var proxy = new ProxyScorer(smallModel);
/// using var trainer = new Trainer(
///     model, data, target => new BatchSelector(proxy, SelectionFunctions.ReducibleHoldoutLoss, losses, batchSize: 32),
///     new TrainerOptions());
/// </code>
/// </example>
public sealed class ProxyScorer : Scorer
{
    private const string Model = "proxy", ModelEntry = "model.", OptimizerEntry = "optimizer.", StepsEntry = "steps";
    private readonly FormattedModel _model;
    private readonly FlatParameters _parameters;
    private readonly Optimizer _optimizer;
    private readonly ScoringPass _pass;
    private readonly GradientStep _step;
    private readonly ProxyOptions _options;
    private long _steps;

    /// <summary>Creates the scorer.</summary>
    /// <param name="proxy">Maps inputs, downscaled if asked, to logits [n, C]. Owned from now on.</param>
    /// <param name="options">How it learns and scores.</param>
    public ProxyScorer(nn.Module<Tensor, Tensor> proxy, ProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        _options = options ?? new ProxyOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.TrainEvery, 1, nameof(options));
        if (!(_options.TrainShare > 0 && _options.TrainShare <= 1))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"ProxyOptions.TrainShare must be above 0 and at most 1, but was {_options.TrainShare}."),
                nameof(options));
        }
        if (_options.Downscale is not (1 or 2 or 4))
        {
            throw new ArgumentException($"ProxyOptions.Downscale must be 1, 2 or 4, but was {_options.Downscale}.", nameof(options));
        }
        proxy.train();
        _parameters = new FlatParameters(proxy, _options.Format);
        try
        {
            _optimizer = _options.Optimizer.CreateFor(_parameters);
        }
        catch
        {
            _parameters.Dispose();   // the proxy stays with the caller, in float32
            throw;
        }
        _model = new FormattedModel(proxy, _options.Format);
        _pass = new ScoringPass(_model, _options.Mode, RunningStatistics.Preserve);
        _step = new GradientStep(_model, _optimizer, _options.Seed, beside: Model);
    }

    /// <inheritdoc/>
    public override string Name => "proxy";

    /// <inheritdoc/>
    public override bool LearnsFromSteps => true;

    /// <inheritdoc/>
    /// <exception cref="NonFiniteScoreException">The proxy has diverged.</exception>
    public override Measurements Measure(Candidates candidates, Measures wanted)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        candidates.CountForwarded(candidates.Count);
        Tensor logits = _pass.Forward(Downscaled(candidates.Inputs), candidates.ScoringSeed);
        using (Tensor sums = logits.reshape(logits.shape[0], -1).logsumexp(1))
        {
            NonFiniteScoreException.ThrowIfNotFinite(sums, candidates.Indices, Model);
        }
        return candidates.MeasurementsOf(logits, wanted);
    }

    /// <inheritdoc/>
    /// <exception cref="NonFiniteLossException">The proxy has diverged; it still has the parameters from before its step.</exception>
    public override void Observe(TrainedBatch trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        if (_steps++ % _options.TrainEvery != 0) { return; }
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradient = enable_grad();
        Batch batch = trained.Batch;
        long k = (long)Math.Ceiling(_options.TrainShare * batch.Count);
        var best = new Batch(batch.Indices.slice(0, 0, k, 1), Downscaled(batch.Inputs.slice(0, 0, k, 1)), batch.Labels.slice(0, 0, k, 1));
        _step.Take(best, trained.Objective, _optimizer.StepsTaken + 1);
    }

    private Tensor Downscaled(Tensor inputs) => _options.Downscale == 1 ? inputs : nn.functional.avg_pool2d(inputs, _options.Downscale);

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach ((string name, Tensor value) in _optimizer.CaptureState()) { state[OptimizerEntry + name] = value; }
        foreach ((string name, Tensor value) in _parameters.StateDict()) { state[ModelEntry + name] = value; }
        state[StepsEntry] = tensor(_steps);
    }

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        _optimizer.RestoreState(
            _optimizer.CaptureState().Keys.ToDictionary(name => name, name => state(OptimizerEntry + name), StringComparer.Ordinal));
        foreach ((string name, Tensor value) in _parameters.StateDict()) { ScorerState.CopyInto(value, state, ModelEntry + name); }
        _parameters.RoundMasters();
        _steps = state(StepsEntry).item<long>();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pass.Dispose();
            _optimizer.Dispose();
            _parameters.Dispose();
            _model.Dispose();
            _model.Inner.Dispose();   // the format is only a view of it
        }
        base.Dispose(disposing);
    }
}
