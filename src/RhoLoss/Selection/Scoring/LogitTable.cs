using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// The logits each example had when a model last saw it, and when that was. Logits rather than losses, so that every selection function
/// works from the table; memory is 4·C + 8 bytes an example. An example that was never seen has logits 0: a uniform prediction, loss ln C.
/// </summary>
internal sealed class LogitTable : IDisposable
{
    /// <summary>Names of its entries in a checkpoint begin with this.</summary>
    public const string Prefix = "table.";

    private const long Never = -1;
    private readonly ExampleIndex _index;
    private readonly Tensor _logits;   // float32 [N, C]
    private readonly Tensor _seenAt;   // int64 [N]

    public LogitTable(LabeledDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        using IDisposable scope = NewDisposeScope();
        _index = new ExampleIndex(data.Ids.clone());
        _logits = zeros(data.Count, data.Classes, device: data.Ids.device).DetachFromDisposeScope();
        _seenAt = full(data.Count, Scalars.Of(Never), dtype: int64, device: data.Ids.device).DetachFromDisposeScope();
    }

    /// <summary>Training steps observed so far: the clock of ages.</summary>
    public long Step { get; private set; }

    /// <summary>One training step has passed.</summary>
    public void Tick() => Step++;

    /// <summary>Logits of these ids (int64, shape [n]) when they were last seen, shape [n, C].</summary>
    public Tensor LogitsOf(Tensor ids) => _logits.index_select(0, RowsOf(ids));

    /// <summary>Steps since these ids were last seen, int64, shape [n]; for one never seen, more than any age there is.</summary>
    public Tensor AgeOf(Tensor ids)
    {
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(_seenAt.index_select(0, RowsOf(ids)).neg_().add_(Scalars.Of(Step), Scalars.One));
    }

    /// <summary>Remembers logits (shape [n, C]) of these ids as of now.</summary>
    public void Remember(Tensor ids, Tensor logits)
    {
        if (logits.shape[1] != _logits.shape[1])
        {
            throw new InvalidInputException(
                "Remembered logits are one for each class of the data set, "
                + $"but the model has {logits.shape[1]} outputs for {_logits.shape[1]} classes. "
                + "Give the model an output for each class and no other, or use another scorer.");
        }
        using IDisposable scope = NewDisposeScope();
        Tensor rows = RowsOf(ids);
        _logits.index_copy_(0, rows, logits.detach().to(float32));
        _seenAt.index_fill_(0, rows, Scalars.Of(Step));
    }

    public void Capture(IDictionary<string, Tensor> state)
    {
        state[Prefix + "logits"] = _logits;
        state[Prefix + "seen-at"] = _seenAt;
        state[Prefix + "step"] = tensor(Step);
    }

    public void Restore(Func<string, Tensor> state)
    {
        ScorerState.CopyInto(_logits, state, Prefix + "logits");
        ScorerState.CopyInto(_seenAt, state, Prefix + "seen-at");
        Step = state(Prefix + "step").item<long>();
    }

    private Tensor RowsOf(Tensor ids) => _index.RowsOf(ids, "The table of last-seen logits");

    public void Dispose()
    {
        _index.Dispose();
        _logits.Dispose();
        _seenAt.Dispose();
    }

    /// <summary>The table as a scorer that runs no model: what candidates scored when they were last seen.</summary>
    public sealed class View(LogitTable table) : Scorer
    {
        public override string Name => "last-seen";

        public override Tensor Logits(Candidates candidates) => table.LogitsOf(candidates.Indices);
    }
}
