using RhoLoss.Accelerators;
using RhoLoss.Native;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Finds the row of an example by its stable id: the one place where ids become positions.</summary>
internal sealed class ExampleIndex : IDisposable
{
    private const int Absent = -1;
    private readonly ExampleIndex? _original;   // of which this is a share
    private readonly Device _device;
    private readonly long _range;           // ids lie below it where there is no list of them
    private readonly Tensor? _rowOfId;      // int32 [range], Absent for no example; null where every id is its row
    private readonly Tensor? _sortedIds;    // int64 [N], ascending; only for ids spread too far apart for the table above
    private readonly Tensor? _rows;         // int64 [N], row of each sorted id; null where the ids ascend with the rows

    /// <summary>Indexes <paramref name="ids"/> (int64, shape [N], each once), where position is the row.</summary>
    public ExampleIndex(Tensor ids)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor sorted, Tensor rows) = sort(ids, stable: true);
        long n = Count = ids.shape[0];
        _device = ids.device;
        if (n > 1 && sorted.slice(0, 1, n, 1).eq(sorted.slice(0, 0, n - 1, 1)).any().item<bool>())
        {
            throw new ArgumentException("Example ids must be unique, but some occur more than once.");
        }
        Tensor ascending = Scalars.Range(n, int64, ids.device);
        long last = n == 0 ? -1 : sorted[n - 1].item<long>();
        _range = last == long.MaxValue ? last : last + 1;   // so large an id is in a list whatever the range
        Ascends = rows.eq(ascending).all().item<bool>();
        if (ids.eq(ascending).all().item<bool>()) { return; }   // TorchSharp's equal is elementwise
        // Half of a data set has every other id: a table of four bytes an id takes no more room than
        // a sorted list, and one look instead of twenty.
        if (sorted[0].item<long>() >= 0 && _range <= 2 * n && n <= int.MaxValue)
        {
            Tensor absent = full(_range, Scalars.Of(Absent), dtype: int32, device: ids.device);
            _rowOfId = LargePages.Held(absent).index_copy_(0, ids, ascending.to(int32)).DetachFromDisposeScope();
            return;
        }
        _sortedIds = LargePages.Held(sorted).DetachFromDisposeScope();
        if (!Ascends) { _rows = rows.DetachFromDisposeScope(); }
    }

    private ExampleIndex(ExampleIndex other)
    {
        using IDisposable scope = NewDisposeScope();
        _original = other._original ?? other;
        Count = other.Count;
        Ascends = other.Ascends;
        _device = other._device;
        _range = other._range;
        _rowOfId = other._rowOfId?.alias().DetachFromDisposeScope();
        _sortedIds = other._sortedIds?.alias().DetachFromDisposeScope();
        _rows = other._rows?.alias().DetachFromDisposeScope();
    }

    /// <summary>Number of examples.</summary>
    public long Count { get; }

    /// <summary>Whether ids ascend with their rows, so that a column in the order of ids is one in the order of rows.</summary>
    public bool Ascends { get; }

    /// <summary>The same index for another owner; both hold one memory.</summary>
    public ExampleIndex Share() => new(this);

    /// <summary>Whether rows that the other found are rows here: one is a share of the other, or both are shares of a third.</summary>
    public bool Knows(ExampleIndex other) => ReferenceEquals(_original ?? this, other._original ?? other);

    /// <summary>Rows of these ids (int64, shape [n]), found already, it may be; an id that is not here is an error that names it.</summary>
    public Tensor RowsOf(Tensor ids, FoundRows? found, string owner) =>
        found is not null && ReferenceEquals(found.Ids, ids) && Knows(found.Index) && !found.Rows.IsInvalid
            ? found.Rows
            : RowsOf(ids, owner);

    /// <summary>Rows of these ids (int64, shape [n]); an id that is not here is an error that names it.</summary>
    public Tensor RowsOf(Tensor ids, string owner)
    {
        Tensor query = Transfer.To(ids, _device);
        if (_sortedIds is not null)
        {
            Tensor position = searchsorted(_sortedIds, query).clamp_(max: Scalars.Of(Count - 1));
            Require(_sortedIds.index_select(0, position).ne(query), query, owner);
            return _rows?.index_select(0, position) ?? position;
        }
        Tensor outside = query.lt(Scalars.Zero).logical_or_(query.ge(Scalars.Of(_range)));
        Tensor? rows = _rowOfId?.index_select(0, query.clamp(Scalars.Zero, Scalars.Of(_range - 1)));
        Require(rows is null ? outside : outside.logical_or_(rows.lt(Scalars.Zero)), query, owner);
        return Harmless(rows?.to(int64) ?? query);
    }

    private static void Require(Tensor missing, Tensor ids, string owner)
    {
        long asked = ids.shape[0];
        StepChecks.Refuse(missing, ids, named =>
        {
            string list = string.Join(", ", named.Take(10)) + (named.Length > 10 ? ", …" : "");
            return new InvalidInputException(
                $"{owner} has no example with id {list} ({named.Length} of {asked} requested ids are missing).");
        });
    }

    /// <summary>Rows that there are, also for ids whose refusal is read later: a device ends the process on others.</summary>
    private Tensor Harmless(Tensor rows) =>
        StepChecks.AreLate(rows) ? rows.clamp(Scalars.Zero, Scalars.Of(Math.Max(0, Count - 1))) : rows;

    public void Dispose()
    {
        _rowOfId?.Dispose();
        _sortedIds?.Dispose();
        _rows?.Dispose();
    }
}
