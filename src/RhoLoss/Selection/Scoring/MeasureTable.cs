using RhoLoss.Data;
using RhoLoss.Native;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// What a model last said of each example, and when that was: 4 bytes an example for each measure that is kept, and 8 for the step. An
/// example that was never seen has the loss of a model that knows nothing (ln C for C classes); where an objective has no such number, the
/// highest of the candidates that were seen.
/// </summary>
internal sealed class MeasureTable : IDisposable
{
    private const long Never = -1;
    private const string Owner = "The memory of last-seen losses";
    private readonly ExampleIndex _index;
    private readonly int _classes;
    private readonly Tensor? _losses;   // float32 [N]
    private readonly Tensor? _norms;    // float32 [N]
    private readonly Tensor _seenAt;    // int64 [N]

    public MeasureTable(LabeledDataset data, Measures keeps)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (keeps == Measures.None || (keeps & ~(Measures.Loss | Measures.GradientNorm)) != Measures.None)
        {
            throw new ArgumentException(
                $"A memory keeps the loss of each example, its gradient norm or both, but was asked to keep {keeps}.", nameof(keeps));
        }
        using IDisposable scope = NewDisposeScope();
        Keeps = keeps;
        _classes = data.Classes;
        _index = data.Index.Share();
        Tensor Column() => LargePages.Held(zeros(data.Count, device: data.Ids.device)).DetachFromDisposeScope();
        _losses = keeps.HasFlag(Measures.Loss) ? Column() : null;
        _norms = keeps.HasFlag(Measures.GradientNorm) ? Column() : null;
        Tensor never = full(data.Count, Scalars.Of(Never), dtype: int64, device: data.Ids.device);
        _seenAt = LargePages.Held(never).DetachFromDisposeScope();
    }

    /// <summary>What is remembered of each example.</summary>
    public Measures Keeps { get; }

    /// <summary>Training steps observed so far: the clock of ages.</summary>
    public long Step { get; private set; }

    /// <summary>One training step has passed.</summary>
    public void Tick() => Step++;

    /// <summary>All that is kept of these candidates.</summary>
    public Measurements Of(Candidates candidates)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = _index.RowsOf(candidates.Indices, candidates.Rows, Owner);
        Tensor unseen = _seenAt.index_select(0, rows).lt(Scalars.Zero);
        (double Loss, double GradientNorm)? untrained = candidates.Objective.Untrained(_classes);
        Tensor? Known(Tensor? column, double? before)
        {
            if (column is null) { return null; }
            Tensor known = column.index_select(0, rows);
            Tensor start = before is { } number
                ? full_like(known, Scalars.Of(number))
                : known.masked_fill(unseen, Scalars.Zero).max().expand_as(known);
            return scope.MoveToOuter(where(unseen, start, known));
        }
        return new Measurements { Loss = Known(_losses, untrained?.Loss), GradientNorm = Known(_norms, untrained?.GradientNorm) };
    }

    /// <summary>Steps since these ids were last seen, int64, shape [n]; for one never seen, more than any age there is.</summary>
    public Tensor AgeOf(Tensor ids)
    {
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(_seenAt.index_select(0, RowsOf(ids)).neg_().add_(Scalars.Of(Step), Scalars.One));
    }

    /// <summary>Remembers what is known of these ids as of now; it has to be all that is kept.</summary>
    public void Remember(Tensor ids, Measurements measured)
    {
        if ((Keeps & ~measured.Known) != Measures.None)
        {
            throw new InvalidInputException(
                $"A memory that keeps {Keeps} needs a scorer that knows it, but this one knows {measured.Known}. Give it another scorer.");
        }
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor rows = RowsOf(ids);
        _losses?.index_copy_(0, rows, measured.Loss!.to(float32));
        _norms?.index_copy_(0, rows, measured.GradientNorm!.to(float32));
        _seenAt.index_fill_(0, rows, Scalars.Of(Step));
    }

    /// <summary>Refuses what is asked but not kept.</summary>
    public void Require(Measures wanted)
    {
        Measures missing = wanted & ~Keeps;
        if (missing == Measures.None) { return; }
        throw new InvalidInputException(
            $"This selection function asks for {missing} of each candidate, but the memory keeps {Keeps}. "
            + "Create the scorer with what it should keep: the loss, the gradient norm or both; for anything else use a scorer that runs "
            + "a model.");
    }

    public void Capture(IDictionary<string, Tensor> state)
    {
        if (_losses is not null) { state["table.loss"] = _losses; }
        if (_norms is not null) { state["table.gradient-norm"] = _norms; }
        state["table.seen-at"] = _seenAt;
        state["table.step"] = tensor(Step);
    }

    public void Restore(Func<string, Tensor> state)
    {
        if (_losses is not null) { ScorerState.CopyInto(_losses, state, "table.loss"); }
        if (_norms is not null) { ScorerState.CopyInto(_norms, state, "table.gradient-norm"); }
        ScorerState.CopyInto(_seenAt, state, "table.seen-at");
        Step = state("table.step").item<long>();
    }

    private Tensor RowsOf(Tensor ids) => _index.RowsOf(ids, Owner);

    public void Dispose()
    {
        _index.Dispose();
        _losses?.Dispose();
        _norms?.Dispose();
        _seenAt.Dispose();
    }

    /// <summary>The table as a scorer that runs no model: what candidates scored when they were last seen.</summary>
    public sealed class View(MeasureTable table) : Scorer
    {
        public override string Name => "last-seen";

        public override Measurements Measure(Candidates candidates, Measures wanted)
        {
            table.Require(wanted);
            return table.Of(candidates);
        }
    }
}
