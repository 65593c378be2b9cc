using RhoLoss.Data;
using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Scores with a copy of the target in a faster format (bfloat16, channels-last), refreshed every few steps by one flat copy. Forward
/// passes need little precision to rank candidates; training keeps its own.
/// </summary>
/// <example>
/// <code>
/// using var trainer = new Trainer(
///     model, data, target => new BatchSelector(
///         new ReplicaScorer(target.Parameters, sameArchitecture, new ComputeFormat { Precision = Precision.BFloat16 }),
///         SelectionFunctions.ReducibleHoldoutLoss, losses, batchSize: 32),
///     new TrainerOptions());
/// </code>
/// </example>
public sealed class ReplicaScorer : Scorer
{
    private readonly FlatParameters _target;
    private readonly FlatParameters _parameters;
    private readonly FormattedModel _model;
    private readonly ScoringPass _pass;
    private readonly int _refreshEvery;
    private long _age;

    /// <summary>Creates the replica.</summary>
    /// <param name="target">Parameters of the model being trained. Not owned.</param>
    /// <param name="replica">A module of the same architecture; its own parameters are overwritten. Owned from now on.</param>
    /// <param name="format">What it computes in.</param>
    /// <param name="mode">
    /// Train: BatchNorm uses the statistics of B_t, dropout is on (paper, App. B). Eval: the
    /// target's running statistics as of the last refresh.
    /// </param>
    /// <param name="refreshEvery">Steps between copies, at least 1.</param>
    public ReplicaScorer(
        FlatParameters target, nn.Module<Tensor, Tensor> replica, ComputeFormat format, ScoringMode mode = ScoringMode.Train,
        int refreshEvery = 1)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(replica);
        ArgumentOutOfRangeException.ThrowIfLessThan(refreshEvery, 1);
        _target = target;
        _parameters = new FlatParameters(replica, format, training: false);
        _model = new FormattedModel(replica, format);
        _pass = new ScoringPass(_model, mode, RunningStatistics.Preserve);
        _refreshEvery = refreshEvery;
        _age = refreshEvery;   // copied at the first selection: the target may be loaded or restored before it
        try
        {
            _parameters.CopyFrom(target);   // says what differs, before anything is trained
        }
        catch
        {
            _pass.Dispose();
            _parameters.Dispose();
            _model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Name => "replica";

    /// <inheritdoc/>
    public override bool SpeaksForTarget => true;

    internal override bool MissedSteps => !_parameters.HaveValuesOf(_target);

    /// <inheritdoc/>
    public override Measurements Measure(Candidates candidates, Measures wanted)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        Refresh();
        candidates.CountForwarded(candidates.Count);
        return candidates.MeasurementsOf(_pass.Forward(candidates.Inputs, candidates.ScoringSeed), wanted);
    }

    /// <inheritdoc/>
    public override Tensor DropoutLogProbabilities(Candidates candidates, int passes)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        Refresh();
        candidates.CountForwarded(passes * candidates.Count);
        return _pass.Dropout(candidates.Inputs, passes, candidates.DropoutPassesSeed);
    }

    private void Refresh()
    {
        if (_age < _refreshEvery) { return; }
        _parameters.CopyFrom(_target);
        _age = 0;
    }

    /// <inheritdoc/>
    public override void Observe(TrainedBatch trained) => _age++;

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["age"] = tensor(_age);
        // With a refresh every step there is nothing older than the target itself to remember.
        if (_refreshEvery > 1) { foreach ((string name, Tensor value) in _model.Inner.state_dict()) { state[$"model.{name}"] = value; } }
    }

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using IDisposable noGradient = no_grad();
        _age = state("age").item<long>();
        if (_refreshEvery == 1)
        {
            _parameters.CopyFrom(_target);
            return;
        }
        foreach ((string name, Tensor value) in _model.Inner.state_dict()) { ScorerState.CopyInto(value, state, $"model.{name}"); }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pass.Dispose();
            _parameters.Dispose();
            _model.Dispose();
            _model.Inner.Dispose();   // the format is only a view of it
        }
        base.Dispose(disposing);
    }
}
