using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Native;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>A loss for each example and where to find it, on one device and on those that were asked from.</summary>
/// <param name="values">float32, shape [N], in ascending order of ids; owned.</param>
/// <param name="index">Rows by ids; owned.</param>
internal sealed class LossColumn(Tensor values, ExampleIndex index) : IDisposable
{
    /// <summary>Whose losses they are, in messages.</summary>
    public const string Owner = "The irreducible-loss table";

    private readonly List<LossColumn> _copies = [];

    public Tensor Values { get; } = LargePages.Held(values).DetachFromDisposeScope();

    public ExampleIndex Index { get; } = index;

    /// <summary>
    /// The same with the index of the data, where that is the index of the losses: rows that are known of candidates are then known here.
    /// This one is not to be used any longer.
    /// </summary>
    public LossColumn FoundBy(LabeledDataset data)
    {
        if (!data.Index.Ascends || data.Count != Index.Count || !Transfer.IsOn(Values, data.Ids.device)) { return this; }
        Index.Dispose();
        return new LossColumn(Values, data.Index.Share());
    }

    /// <summary>Losses of these ids (int64, shape [n]), on their device.</summary>
    /// <param name="wanted">Ids.</param>
    /// <param name="found">Their rows, if known.</param>
    /// <param name="ids">Those that there are losses of, ascending.</param>
    /// <exception cref="InvalidInputException">One is not here; the message names it.</exception>
    public Tensor Of(Tensor wanted, FoundRows? found, long[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        LossColumn column = On(wanted.device, ids);
        return scope.MoveToOuter(column.Values.index_select(0, column.Index.RowsOf(wanted, found, Owner)));
    }

    /// <summary>The same on that device, to which it is copied once: ids would have to be waited for at each step otherwise.</summary>
    /// <param name="device">Of the ids that are looked up.</param>
    /// <param name="ids">Those of the rows.</param>
    private LossColumn On(Device device, long[] ids)
    {
        if (Transfer.IsOn(Values, device)) { return this; }
        lock (_copies)
        {
            if (_copies.Find(copy => Transfer.IsOn(copy.Values, device)) is { } present) { return present; }
            using IDisposable scope = NewDisposeScope();
            var copied = new LossColumn(Values.to(device), new ExampleIndex(tensor(ids).to(device)));
            _copies.Add(copied);
            return copied;
        }
    }

    /// <summary>Refuses losses that are not finite, by the ids of their examples.</summary>
    public static void RequireFinite(Tensor values, long[] of)
    {
        Tensor bad = values.isfinite().logical_not();
        if (!bad.any().item<bool>()) { return; }
        long[] rows = [.. bad.nonzero().flatten().cpu().data<long>()];
        string which = Counted.Word(rows.Length, "that of", "those of");
        string ids = string.Join(", ", rows.Take(10).Select(r => of[r]));
        throw new InvalidInputException(
            $"Irreducible losses must be finite numbers, but {which} {Counted.Of(rows.Length, "example is", "examples are")} "
            + $"not (id {ids}). "
            + "Train the IL model again with a lower learning rate.");
    }

    public void Dispose()
    {
        Values.Dispose();
        Index.Dispose();
        foreach (LossColumn copy in _copies) { copy.Dispose(); }
    }
}
