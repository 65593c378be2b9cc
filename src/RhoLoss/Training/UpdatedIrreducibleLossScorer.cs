using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// The original selection function (paper, App. D): irreducible losses L[y|x; D_ho, D_t] of an IL model that goes on learning, one gradient
/// step on b_t after each step of the target, instead of a table of L[y|x; D_ho]. Logits are another scorer's. Costs a second forward pass
/// over B_t, on the candidates as they are trained on (augmented).
/// </summary>
public sealed class UpdatedIrreducibleLossScorer : Scorer
{
    private const string Model = "irreducible-loss model", Prefix = "il.";
    private readonly Scorer _inner;
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly FlatParameters _parameters;
    private readonly FusedOptimizer _optimizer;
    private readonly ScoringPass _pass;
    private readonly GradientStep _step;
    private readonly double _temperature;

    /// <summary>Creates it.</summary>
    /// <param name="inner">Scores with the target; owned from now on.</param>
    /// <param name="irreducibleLossModel">The IL model, trained on D_ho; owned from now on.</param>
    /// <param name="optimizer">
    /// Its optimizer; the paper's learning rate is 0.01 of the target's. It stays the same whatever
    /// schedule the target's has: the paper has none.
    /// </param>
    /// <param name="seed">Seed of what the IL model's layers draw while it learns.</param>
    /// <param name="temperature">
    /// T of the losses CE(z / T, y) that candidates are scored with; the model itself goes on learning at 1. The paper's is 1.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a number above 0.</exception>
    public UpdatedIrreducibleLossScorer(
        Scorer inner, nn.Module<Tensor, Tensor> irreducibleLossModel, OptimizerOptions optimizer, long seed = 0, double temperature = 1)
    {
        IrreducibleLosses.RequireTemperature(temperature);
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(irreducibleLossModel);
        ArgumentNullException.ThrowIfNull(optimizer);
        _inner = inner;
        _temperature = temperature;
        _model = irreducibleLossModel;
        _parameters = new FlatParameters(irreducibleLossModel);
        _optimizer = optimizer.CreateFor(_parameters);
        // In eval mode, as the losses of a table are computed.
        _pass = new ScoringPass(irreducibleLossModel, ScoringMode.Eval, RunningStatistics.Preserve);
        _step = new GradientStep(_model, _optimizer, seed, beside: Model);
        _model.train();
    }

    /// <inheritdoc/>
    public override string Name => _inner.Name;

    /// <inheritdoc/>
    public override bool SpeaksForTarget => _inner.SpeaksForTarget;

    /// <inheritdoc/>
    public override bool LearnsFromSteps => true;

    /// <inheritdoc/>
    public override Tensor Logits(Candidates candidates) => _inner.Logits(candidates);

    /// <inheritdoc/>
    public override Tensor DropoutLogProbabilities(Candidates candidates, int passes) => _inner.DropoutLogProbabilities(candidates, passes);

    /// <inheritdoc/>
    public override Tensor? Shortlist(Candidates candidates, SelectionFunction score, int atLeast) =>
        _inner.Shortlist(candidates, score, atLeast);

    /// <inheritdoc/>
    /// <exception cref="NonFiniteScoreException">The irreducible-loss model has diverged.</exception>
    public override Tensor IrreducibleLoss(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        candidates.CountForwarded(candidates.Count);
        Tensor logits = candidates.WithAllClasses(_pass.Forward(candidates.Inputs, candidates.ScoringSeed)).div(Scalars.Of(_temperature));
        Tensor losses = nn.functional.cross_entropy(logits, candidates.Labels, reduction: nn.Reduction.None);
        NonFiniteScoreException.ThrowIfNotFinite(losses, candidates.Indices, Model);
        return losses;
    }

    /// <inheritdoc/>
    /// <exception cref="NonFiniteLossException">
    /// The irreducible-loss model has diverged; it still has the parameters from before its step.
    /// </exception>
    public override void Observe(Batch batch, Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _inner.Observe(batch, logits);
        using IDisposable scope = NewDisposeScope();
        using IDisposable gradient = enable_grad();
        _step.Take(batch, _optimizer.StepsTaken + 1);
    }

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ScorerState.Capture(_inner, Prefix, state);
        foreach ((string name, Tensor value) in _model.state_dict()) { state[$"{Prefix}model.{name}"] = value; }
        foreach ((string name, Tensor value) in _optimizer.CaptureState()) { state[$"{Prefix}optimizer.{name}"] = value; }
    }

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        ScorerState.Restore(_inner, Prefix, state);
        foreach ((string name, Tensor value) in _model.state_dict()) { ScorerState.CopyInto(value, state, $"{Prefix}model.{name}"); }
        IEnumerable<string> names = _optimizer.CaptureState().Keys;
        _optimizer.RestoreState(names.ToDictionary(name => name, name => state($"{Prefix}optimizer.{name}"), StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            _pass.Dispose();
            _optimizer.Dispose();
            _parameters.Dispose();
            _model.Dispose();
        }
        base.Dispose(disposing);
    }
}
