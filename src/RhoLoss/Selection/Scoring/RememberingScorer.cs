using RhoLoss.Data;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// A scorer that remembers what was last known of each example, and asks another scorer about those that it wants to see anew.
/// </summary>
public abstract class RememberingScorer : Scorer
{
    private readonly MeasureTable.View _memory;

    private protected RememberingScorer(LabeledDataset data, Scorer inner, Measures keeps)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Table = new MeasureTable(data, keeps);
        _memory = new MeasureTable.View(Table);
        Inner = inner;
    }

    private protected MeasureTable Table { get; }

    /// <summary>Runs a model on what is seen anew. Owned.</summary>
    private protected Scorer Inner { get; }

    /// <summary>What is remembered, as a scorer that refreshes nothing and runs no model.</summary>
    internal Scorer Memory => _memory;

    /// <inheritdoc/>
    public override bool LearnsFromSteps => Inner.LearnsFromSteps;

    internal override bool MissedSteps => true;   // ages are counted in steps

    /// <summary>Age in steps of what is known of these ids (int64, shape [n]): shape [n].</summary>
    public Tensor AgeOf(Tensor ids) => Table.AgeOf(ids);

    /// <inheritdoc/>
    public override void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Table.Capture(state);
        StateScope.Capture("inner", Inner.Capture, state);
    }

    /// <inheritdoc/>
    public override void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Table.Restore(state);
        Inner.Restore(StateScope.Of("inner", state));
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
