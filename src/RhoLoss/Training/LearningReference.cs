using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// The reference of the original selection function (paper, App. D): losses L[y|x; D_ho, D_t] of an irreducible-loss (IL) model that goes
/// on learning, one gradient step on b_t after each step of the target, instead of a table of L[y|x; D_ho]. Costs a second forward pass
/// over B_t, on the candidates as they are trained on (augmented).
/// </summary>
/// <example>
/// <code>
/// // The original RHO-LOSS: smallModel was trained on the holdout and goes on learning from what is selected (Section 3).
/// using var live = new LearningReference(smallModel, new AdamWOptions { LearningRate = 1e-5 });
/// using var trainer = new Trainer(model, data, SelectionFunctions.ReducibleHoldoutLoss, live, new TrainerOptions());
/// </code>
/// </example>
public sealed class LearningReference : Reference
{
    private const string Model = "irreducible-loss model", ModelEntry = "model.", OptimizerEntry = "optimizer.";
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly FlatParameters _parameters;
    private readonly Optimizer _optimizer;
    private readonly ScoringPass _pass;
    private readonly GradientStep _step;
    private readonly double _temperature;

    /// <summary>Creates it.</summary>
    /// <param name="irreducibleLossModel">The IL model, trained on D_ho; owned from now on.</param>
    /// <param name="optimizer">
    /// Its optimizer; the paper's learning rate is 0.01 of the target's. It stays the same whatever schedule the target's has: the paper
    /// has none.
    /// </param>
    /// <param name="seed">Seed of what the IL model's layers draw while it learns.</param>
    /// <param name="temperature">
    /// T of the losses of z / T that candidates are compared with; the model itself goes on learning at 1. The paper's is 1.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a number above 0.</exception>
    public LearningReference(
        nn.Module<Tensor, Tensor> irreducibleLossModel, OptimizerOptions optimizer, long seed = 0, double temperature = 1)
    {
        Objective.CrossEntropy.RequireTemperature(temperature);
        ArgumentNullException.ThrowIfNull(irreducibleLossModel);
        ArgumentNullException.ThrowIfNull(optimizer);
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
    public override bool LearnsFromSteps => true;

    /// <inheritdoc/>
    /// <exception cref="NonFiniteScoreException">The irreducible-loss model has diverged.</exception>
    public override Tensor Loss(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        candidates.Objective.RequireTemperature(_temperature);
        candidates.CountForwarded(candidates.Count);
        Tensor logits = _pass.Forward(candidates.Inputs, candidates.ScoringSeed);
        candidates.Require(logits);
        Tensor losses = candidates.Objective.PerExample(logits.div(Scalars.Of(_temperature)), candidates.Labels);
        NonFiniteScoreException.ThrowIfNotFinite(losses, candidates.Indices, Model);
        return losses;
    }

    /// <inheritdoc/>
    /// <exception cref="NonFiniteLossException">
    /// The irreducible-loss model has diverged; it still has the parameters from before its step.
    /// </exception>
    public override void Observe(TrainedBatch trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        using IDisposable scope = NewDisposeScope();
        using IDisposable gradient = enable_grad();
        _step.Take(trained.Batch, trained.Objective, _optimizer.StepsTaken + 1);
    }

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        foreach ((string name, Tensor value) in _model.state_dict()) { state[ModelEntry + name] = value; }
        foreach ((string name, Tensor value) in _optimizer.CaptureState()) { state[OptimizerEntry + name] = value; }
    }

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        foreach ((string name, Tensor value) in _model.state_dict()) { ScorerState.CopyInto(value, state, ModelEntry + name); }
        IEnumerable<string> names = _optimizer.CaptureState().Keys;
        _optimizer.RestoreState(names.ToDictionary(name => name, name => state(OptimizerEntry + name), StringComparer.Ordinal));
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
        }
        base.Dispose(disposing);
    }
}
