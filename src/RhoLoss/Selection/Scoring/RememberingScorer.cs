using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// A scorer that remembers the logits each example had when it was last seen, and asks another scorer for those it wants to see anew.
/// </summary>
public abstract class RememberingScorer : Scorer
{
    private readonly LogitTable.View _memory;

    private protected RememberingScorer(LabeledDataset data, Scorer inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Table = new LogitTable(data);
        _memory = new LogitTable.View(Table);
        Inner = inner;
    }

    private protected LogitTable Table { get; }

    /// <summary>Runs a model on what is seen anew. Owned.</summary>
    private protected Scorer Inner { get; }

    /// <summary>What is remembered, as a scorer that refreshes nothing and runs no model.</summary>
    internal Scorer Memory => _memory;

    /// <inheritdoc/>
    public override bool LearnsFromSteps => Inner.LearnsFromSteps;

    /// <inheritdoc/>
    public override Tensor? IrreducibleLoss(Candidates candidates) => Inner.IrreducibleLoss(candidates);

    internal override bool MissedSteps => true;   // ages are counted in steps

    /// <summary>Age in steps of what is known of these ids (int64, shape [n]): shape [n].</summary>
    public Tensor AgeOf(Tensor ids) => Table.AgeOf(ids);

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Table.Capture(state);
        ScorerState.Capture(Inner, LogitTable.Prefix, state);
    }

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Table.Restore(state);
        ScorerState.Restore(Inner, LogitTable.Prefix, state);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Table.Dispose();
            _memory.Dispose();
            Inner.Dispose();
        }
        base.Dispose(disposing);
    }
}
