using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Scores with the model that is being trained, in its own precision: Algorithm 1 as the paper has it. Costs a forward pass over B_t.
/// </summary>
public sealed class TargetScorer : Scorer
{
    private readonly ScoringPass _pass;

    /// <summary>Scores with this model (inputs [n, …] to logits [n, C]). Not owned.</summary>
    public TargetScorer(
        nn.Module<Tensor, Tensor> model, ScoringMode mode = ScoringMode.Train, RunningStatistics statistics = RunningStatistics.Preserve)
    {
        ArgumentNullException.ThrowIfNull(model);
        _pass = new ScoringPass(model, mode, statistics);
    }

    /// <inheritdoc/>
    public override string Name => "target";

    /// <inheritdoc/>
    public override bool SpeaksForTarget => true;

    /// <inheritdoc/>
    public override Measurements Measure(Candidates candidates, Measures wanted)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        candidates.CountForwarded(candidates.Count);
        return candidates.MeasurementsOf(_pass.Forward(candidates.Inputs, candidates.ScoringSeed), wanted);
    }

    /// <inheritdoc/>
    public override Tensor DropoutLogProbabilities(Candidates candidates, int passes)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        candidates.CountForwarded(passes * candidates.Count);
        return _pass.Dropout(candidates.Inputs, passes, candidates.DropoutPassesSeed);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) { _pass.Dispose(); }
        base.Dispose(disposing);
    }
}
