using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Scores from memory: what was known of each example when it was last trained on or rescored. Training refreshes what it selects for free;
/// a budgeted rescore refreshes the oldest of every large batch, so that nothing is forgotten for good.
/// </summary>
/// <example>
/// <code>
/// // Eight of the candidates of each step are looked at again, the others are remembered.
/// var memory = new LastSeenScorer(data, new TargetScorer(model, ScoringMode.Eval), rescored: 8);
/// using var selector = new BatchSelector(memory, SelectionFunctions.ReducibleHoldoutLoss, losses, batchSize: 32);
/// </code>
/// </example>
public sealed class LastSeenScorer : Scorer
{
    private readonly ScoreMemory _memory;
    private readonly int _rescored;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="data">The training set whose examples will be scored. Not owned.</param>
    /// <param name="rescorer">
    /// Runs a model on the candidates that are refreshed; owned. One in eval mode: a handful of examples has no statistics of its own.
    /// </param>
    /// <param name="rescored">How many candidates of each large batch are refreshed, the oldest first; 0 leaves it to training.</param>
    /// <param name="keeps">
    /// What is remembered of each example: what the selection function will ask, the loss, the gradient norm or both.
    /// </param>
    public LastSeenScorer(LabeledDataset data, Scorer rescorer, int rescored, Measures keeps = Measures.Loss)
    {
        _memory = new ScoreMemory(data, Checked(rescorer, rescored), keeps);
        _rescored = rescored;
    }

    /// <inheritdoc/>
    public override string Name => "last-seen";

    /// <inheritdoc/>
    public override bool LearnsFromSteps => _memory.Inner.LearnsFromSteps;

    internal override bool MissedSteps => true;   // ages are counted in steps

    /// <summary>What is remembered, as a scorer that refreshes nothing and runs no model.</summary>
    internal Scorer Memory => _memory.View;

    private MeasureTable Table => _memory.Table;

    private Scorer Inner => _memory.Inner;

    /// <summary>Age in steps of what is known of these ids (int64, shape [n]): shape [n].</summary>
    public Tensor AgeOf(Tensor ids) => Table.AgeOf(ids);

    /// <inheritdoc/>
    public override Measurements Measure(Candidates candidates, Measures wanted)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        Table.Require(wanted);
        if (_rescored > 0)
        {
            Tensor byAge = sort(Table.AgeOf(candidates.Indices), descending: true, stable: true).indices;
            Tensor oldest = byAge.slice(0, 0, Math.Min(_rescored, candidates.Count), 1);
            Candidates refreshed = candidates.Subset(oldest).ScoredBy(Inner);
            Table.Remember(refreshed.Indices, refreshed.Measured(Table.Keeps));
            candidates.CountForwarded(refreshed.Forwarded);
        }
        return Table.Of(candidates);
    }

    /// <inheritdoc/>
    public override void Observe(TrainedBatch trained)
    {
        ArgumentNullException.ThrowIfNull(trained);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        var measured = new Measurements { Loss = trained.Losses, Logits = trained.Logits };
        Table.Remember(trained.Batch.Indices, measured.With(trained.Batch.Labels, trained.Objective, Table.Keeps));
        Table.Tick();
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
    private static Scorer Checked(Scorer rescorer, int rescored)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rescored);
        return rescorer;
    }
}
