using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// Scores from memory: the logits each example had when it was last trained on or rescored. Training refreshes what it selects for free;
/// a budgeted rescore refreshes the oldest of every large batch, so that nothing is forgotten for good.
/// </summary>
public sealed class LastSeenScorer : Scorer
{
    private readonly LogitTable _table;
    private readonly LogitTable.View _memory;
    private readonly Scorer _rescorer;
    private readonly int _rescored;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="data">The training set whose examples will be scored. Not owned.</param>
    /// <param name="rescorer">Runs a model on the candidates that are refreshed; owned. One in eval mode: a handful of examples has no statistics of its own.</param>
    /// <param name="rescored">How many candidates of each large batch are refreshed, the oldest first; 0 leaves it to training.</param>
    public LastSeenScorer(LabeledDataset data, Scorer rescorer, int rescored)
    {
        ArgumentNullException.ThrowIfNull(rescorer);
        ArgumentOutOfRangeException.ThrowIfNegative(rescored);
        _table = new LogitTable(data);
        _memory = new LogitTable.View(_table);
        _rescorer = rescorer;
        _rescored = rescored;
    }

    /// <inheritdoc/>
    public override string Name => "last-seen";

    /// <inheritdoc/>
    public override bool LearnsFromSteps => _rescorer.LearnsFromSteps;

    /// <inheritdoc/>
    public override Tensor Logits(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        if (_rescored > 0)
        {
            Tensor oldest = sort(_table.AgeOf(candidates.Indices), descending: true, stable: true).indices.slice(0, 0, Math.Min(_rescored, candidates.Count), 1);
            Candidates refreshed = candidates.Subset(oldest).ScoredBy(_rescorer);
            _table.Remember(refreshed.Indices, refreshed.Logits);
            candidates.CountForwarded(refreshed.Forwarded);
        }
        return _table.LogitsOf(candidates.Indices);
    }

    /// <inheritdoc/>
    public override void Observe(Batch batch, Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _table.Remember(batch.Indices, logits);
        _table.Tick();
        _rescorer.Observe(batch, logits);
    }

    /// <summary>What is remembered, as a scorer that refreshes nothing and runs no model.</summary>
    internal Scorer Memory => _memory;

    /// <summary>Age in steps of what is known of these ids (int64, shape [n]): shape [n].</summary>
    public Tensor AgeOf(Tensor ids) => _table.AgeOf(ids);

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state)
    {
        _table.Capture(state);
        _rescorer.Capture(state);
    }

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state)
    {
        _table.Restore(state);
        _rescorer.Restore(state);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _table.Dispose();
            _memory.Dispose();
            _rescorer.Dispose();
        }
        base.Dispose(disposing);
    }
}
