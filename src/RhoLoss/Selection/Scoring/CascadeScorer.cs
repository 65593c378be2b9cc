using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Two stages: candidates that scored low when they were last seen are dropped unseen, only the rest is scored by a model. A part of the
/// shortlist goes to the oldest of the dropped, so that a loser is looked at again from time to time.
/// </summary>
/// <example>
/// <code>
/// var cascade = new CascadeScorer(data, new TargetScorer(model), share: 0.4);
/// using var selector = new BatchSelector(cascade, SelectionFunctions.ReducibleHoldoutLoss, losses, batchSize: 32);
/// </code>
/// </example>
public sealed class CascadeScorer : Scorer
{
    private readonly ScoreMemory _memory;
    private readonly double _share;
    private readonly double _explored;

    /// <summary>Creates the cascade.</summary>
    /// <param name="data">The training set whose examples will be scored. Not owned.</param>
    /// <param name="scorer">The second stage; owned.</param>
    /// <param name="share">Share of B_t that reaches the second stage, in (0, 1].</param>
    /// <param name="explored">Part of the shortlist that goes to the candidates longest unseen whatever they scored, in [0, 1].</param>
    /// <param name="keeps">
    /// What is remembered of each example: what the selection function will ask, the loss, the gradient norm or both.
    /// </param>
    public CascadeScorer(
        LabeledDataset data, Scorer scorer, double share = 0.4, double explored = 0.25, Measures keeps = Measures.Loss)
    {
        _memory = new ScoreMemory(data, Checked(scorer, share, explored), keeps);
        _share = share;
        _explored = explored;
    }

    /// <inheritdoc/>
    public override string Name => "cascade";

    /// <inheritdoc/>
    public override bool LearnsFromSteps => _memory.Inner.LearnsFromSteps;

    internal override bool MissedSteps => true;   // ages are counted in steps

    private MeasureTable Table => _memory.Table;

    private Scorer Inner => _memory.Inner;

    /// <summary>Age in steps of what is known of these ids (int64, shape [n]): shape [n].</summary>
    public Tensor AgeOf(Tensor ids) => Table.AgeOf(ids);

    /// <inheritdoc/>
    public override bool SpeaksForTarget => Inner.SpeaksForTarget;

    /// <inheritdoc/>
    public override Tensor? Shortlist(Candidates candidates, SelectionFunction score, int atLeast)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(score);
        int size = Math.Min(candidates.Count, Math.Max(atLeast, (int)Math.Ceiling(_share * candidates.Count)));
        if (size == candidates.Count) { return null; }
        int explored = (int)(_explored * size);
        Tensor byScore = sort(score(candidates.ScoredBy(_memory.View)), descending: true, stable: true).indices;
        Tensor best = byScore.slice(0, 0, size - explored, 1), rest = byScore.slice(0, size - explored, candidates.Count, 1);
        Tensor age = Table.AgeOf(candidates.Indices.index_select(0, rest));
        Tensor oldest = rest.index_select(0, sort(age, descending: true, stable: true).indices.slice(0, 0, explored, 1));
        return cat([best, oldest]).sort().Values;   // in the order of B_t, so that ties fall as without a cascade
    }

    /// <inheritdoc/>
    public override Measurements Measure(Candidates candidates, Measures wanted)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        Measures all = wanted | Table.Keeps;
        Measurements measured = Inner.Measure(candidates, all).With(candidates.Labels, candidates.Objective, all);
        Table.Remember(candidates.Indices, measured);
        return measured;
    }

    /// <inheritdoc/>
    public override void Observe(TrainedBatch trained)
    {
        Table.Tick();   // what was selected had just been scored
        Inner.Observe(trained);
    }

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state) => _memory.Capture(state);

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state) => _memory.Restore(state);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) { _memory.Dispose(); }
        base.Dispose(disposing);
    }

    /// <summary>Before there is a table that a refusal would have to free.</summary>
    private static Scorer Checked(Scorer scorer, double share, double explored)
    {
        if (!(share > 0 && share <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(share), share, "The share of candidates that is scored must be above 0 and at most 1.");
        }
        if (!(explored >= 0 && explored <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(explored), explored, "The explored part of the shortlist must lie between 0 and 1.");
        }
        return scorer;
    }
}
