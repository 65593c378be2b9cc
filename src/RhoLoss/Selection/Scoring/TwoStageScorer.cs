using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Two stages: the least relevant candidates are dropped at the price of a look-up a token, and only the rest is scored by a model.
/// Relevance is the selector's reference's (<see cref="Candidates.Relevance"/>). Where the scorer has a shortlist of its own, that is made
/// of the rest.
/// </summary>
/// <example>
/// <code>
/// using var wanted = MooreLewisReference.Of(sample: holdout, pool: data);
/// Scorer twoStages = new TwoStageScorer(new TargetScorer(model), share: 0.1);
/// using var selector = new BatchSelector(twoStages, SelectionFunctions.TrainLoss, wanted, batchSize: 16);
/// </code>
/// </example>
public sealed class TwoStageScorer : Scorer
{
    private const string FirstStage = "first-stage", SecondStage = "second-stage";
    private readonly Scorer _second;
    private readonly double _share;

    /// <summary>Creates it.</summary>
    /// <param name="second">Scores what is left; owned.</param>
    /// <param name="share">Share of B_t that is left, in (0, 1].</param>
    public TwoStageScorer(Scorer second, double share)
    {
        ArgumentNullException.ThrowIfNull(second);
        if (!(share > 0 && share <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(share), share, "The share of candidates that reaches the second stage must be above 0 and at most 1.");
        }
        (_second, _share) = (second, share);
    }

    /// <inheritdoc/>
    public override string Name => "two-stage";

    /// <inheritdoc/>
    public override bool SpeaksForTarget => _second.SpeaksForTarget;

    /// <inheritdoc/>
    public override bool LearnsFromSteps => _second.LearnsFromSteps;

    internal override bool MissedSteps => _second.MissedSteps;

    /// <summary>Candidates that the first stage has dropped so far, with repetition.</summary>
    public long Dropped { get; private set; }

    /// <summary>Wall-clock seconds of the first stage so far.</summary>
    public double FirstStageSeconds { get; private set; }

    /// <inheritdoc/>
    public override Tensor? Shortlist(Candidates candidates, SelectionFunction score, int atLeast)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        int size = Math.Min(candidates.Count, Math.Max(atLeast, (int)Math.Ceiling(_share * candidates.Count)));
        if (size == candidates.Count) { return _second.Shortlist(candidates, score, atLeast); }
        TimeProvider clock = DeviceClock.For(candidates.Indices.device);
        long started = clock.GetTimestamp();
        Tensor kept = TopScores.Largest(candidates.Relevance, size).sort().Values;   // in the order of B_t, so that ties fall as without it
        FirstStageSeconds += clock.GetElapsedTime(started).TotalSeconds;
        Dropped += candidates.Count - size;
        Candidates left = candidates.Subset(kept);
        Tensor? positions = _second.Shortlist(left, score, atLeast);
        candidates.CountForwarded(left.Forwarded);
        return positions is null ? kept : kept.index_select(0, positions);
    }

    /// <inheritdoc/>
    public override Measurements Measure(Candidates candidates, Measures wanted) => _second.Measure(candidates, wanted);

    /// <inheritdoc/>
    public override Tensor DropoutLogProbabilities(Candidates candidates, int passes) =>
        _second.DropoutLogProbabilities(candidates, passes);

    /// <inheritdoc/>
    public override void Observe(TrainedBatch trained) => _second.Observe(trained);

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state[FirstStage] = tensor([Dropped, FirstStageSeconds], dtype: float64);
        StateScope.Capture(SecondStage, _second.Capture, state);
    }

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        double[] first = [.. state(FirstStage).cpu().data<double>()];
        _second.Restore(StateScope.Of(SecondStage, state));
        (Dropped, FirstStageSeconds) = ((long)first[0], first[1]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) { _second.Dispose(); }
        base.Dispose(disposing);
    }
}
