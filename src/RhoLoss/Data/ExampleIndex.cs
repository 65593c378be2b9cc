using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Finds the row of an example by its stable id: the one place where ids become positions.</summary>
internal sealed class ExampleIndex : IDisposable
{
    private readonly Tensor _sortedIds;   // int64 [N], ascending
    private readonly Tensor _rows;        // int64 [N], row of each sorted id
    private readonly bool _identity;      // ids are 0..N-1 in row order

    /// <summary>Indexes <paramref name="ids"/> (int64, shape [N], each once), where position is the row.</summary>
    public ExampleIndex(Tensor ids)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor sorted, Tensor rows) = sort(ids, stable: true);
        long n = ids.shape[0];
        if (n > 1 && sorted.slice(0, 1, n, 1).eq(sorted.slice(0, 0, n - 1, 1)).any().item<bool>())
        {
            throw new ArgumentException("Example ids must be unique, but some occur more than once.");
        }
        _identity = ids.eq(arange(n, dtype: int64, device: ids.device)).all().item<bool>();   // TorchSharp's equal is elementwise
        _sortedIds = sorted.DetachFromDisposeScope();
        _rows = rows.DetachFromDisposeScope();
    }

    /// <summary>Number of examples.</summary>
    public long Count => _sortedIds.shape[0];

    /// <summary>Rows of these ids (int64, shape [n]); an id that is not here is an error that names it.</summary>
    public Tensor RowsOf(Tensor ids, string owner)
    {
        Tensor query = ids.to(_sortedIds.device);
        if (_identity)
        {
            Tensor outside = query.lt(0).logical_or_(query.ge(Count));
            if (outside.any().item<bool>()) { throw Missing(query, outside, owner); }
            return query;
        }
        Tensor position = searchsorted(_sortedIds, query).clamp_(max: Count - 1);
        Tensor unknown = _sortedIds.index_select(0, position).ne(query);
        if (unknown.any().item<bool>()) { throw Missing(query, unknown, owner); }
        return _rows.index_select(0, position);
    }

    private static InvalidInputException Missing(Tensor ids, Tensor missing, string owner)
    {
        long[] named = [.. ids.masked_select(missing).cpu().data<long>()];
        string list = string.Join(", ", named.Take(10)) + (named.Length > 10 ? ", …" : "");
        return new InvalidInputException($"{owner} has no example with id {list} ({named.Length} of {ids.shape[0]} requested ids are missing).");
    }

    public void Dispose()
    {
        _sortedIds.Dispose();
        _rows.Dispose();
    }
}
