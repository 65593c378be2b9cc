using RhoLoss.Data;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// What a scorer keeps that remembers what was last known of each example, and asks another scorer about those that it wants to see anew.
/// </summary>
internal sealed class ScoreMemory : IDisposable
{
    private readonly MeasureTable.View _view;

    public ScoreMemory(LabeledDataset data, Scorer inner, Measures keeps)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Table = new MeasureTable(data, keeps);
        _view = new MeasureTable.View(Table);
        Inner = inner;
    }

    public MeasureTable Table { get; }

    /// <summary>Runs a model on what is seen anew. Owned.</summary>
    public Scorer Inner { get; }

    /// <summary>What is remembered, as a scorer that refreshes nothing and runs no model.</summary>
    public Scorer View => _view;

    public void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Table.Capture(state);
        StateScope.Capture("inner", Inner.Capture, state);
    }

    public void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Table.Restore(state);
        Inner.Restore(StateScope.Of("inner", state));
    }

    public void Dispose()
    {
        Table.Dispose();
        _view.Dispose();
        Inner.Dispose();
    }
}
