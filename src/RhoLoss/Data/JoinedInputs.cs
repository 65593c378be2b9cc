using RhoLoss.Accelerators;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Rows of one source and, behind them, those of another; neither is in memory as a whole.</summary>
internal sealed class JoinedInputs : IInputSource
{
    private readonly IInputSource _first, _second;
    private readonly long[]? _rows;   // null: all of them, in their order

    private JoinedInputs(IInputSource first, IInputSource second, long[]? rows) => (_first, _second, _rows) = (first, second, rows);

    /// <summary>The rows of both, owned by the caller.</summary>
    public static IInputSource Of(IInputSource first, IInputSource second)
    {
        if (first.Stored is { } one && second.Stored is { } other) { return new TensorInputs(cat([one, other])); }
        return (first as StreamedInputs)?.With(second as StreamedInputs)
            ?? (IInputSource)new JoinedInputs(first.Share(), second.Share(), rows: null);
    }

    public long Count => _rows?.LongLength ?? _first.Count + _second.Count;

    public IReadOnlyList<long> Shape => _first.Shape;

    public ScalarType Type => _first.Type;

    public Tensor? Stored => null;

    public SequenceInputs? Sequences => _first.Sequences;

    public long? TextBytes => _rows is null ? _first.TextBytes + _second.TextBytes : null;

    public double WaitSeconds => _first.WaitSeconds + _second.WaitSeconds;

    public string Storage => _first.Storage;

    public Tensor Gather(Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Parts parts = PartsOf(rows);
        var gathered = new List<Tensor>();
        if (parts.First.Length > 0) { gathered.Add(_first.Gather(On(rows, parts.First))); }
        if (parts.Second.Length > 0) { gathered.Add(_second.Gather(On(rows, parts.Second))); }
        Tensor all = cat(gathered);
        return scope.MoveToOuter(all.index_select(0, Transfer.To(tensor(parts.Places), all.device)));
    }

    public void Prefetch(Tensor rows)
    {
        using IDisposable scope = NewDisposeScope();
        Parts parts = PartsOf(rows);
        _first.Prefetch(On(rows, parts.First));
        _second.Prefetch(On(rows, parts.Second));
    }

    public IInputSource Subset(Tensor rows)
    {
        long[] mapped = Map(rows);
        return new JoinedInputs(_first.Share(), _second.Share(), mapped);
    }

    public IInputSource Share() => new JoinedInputs(_first.Share(), _second.Share(), _rows);

    public IInputSource To(Device device) => new JoinedInputs(_first.To(device), _second.To(device), _rows);

    public long[] Hash(Tensor order)
    {
        using IDisposable scope = NewDisposeScope();
        Parts parts = PartsOf(order);
        long[] hashes =
        [
            .. parts.First.Length > 0 ? _first.Hash(On(order, parts.First)) : [],
            .. parts.Second.Length > 0 ? _second.Hash(On(order, parts.Second)) : [],
        ];
        return [.. parts.Places.Select(place => hashes[place])];
    }

    public void Detach()
    {
        _first.Detach();
        _second.Detach();
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private static Tensor On(Tensor rows, long[] part) => Transfer.To(tensor(part), rows.device);

    private long[] Map(Tensor rows)
    {
        using Tensor onHost = rows.cpu();
        long[] asked = onHost.data<long>().ToArray();
        return _rows is null ? asked : [.. asked.Select(row => _rows[row])];
    }

    private Parts PartsOf(Tensor rows)
    {
        long[] asked = Map(rows);
        long[] first = [.. asked.Where(row => row < _first.Count)];
        long[] second = [.. asked.Where(row => row >= _first.Count).Select(row => row - _first.Count)];
        (long ofFirst, long ofSecond) = (0, first.Length);
        return new Parts(first, second, [.. asked.Select(row => row < _first.Count ? ofFirst++ : ofSecond++)]);
    }

    /// <summary>Rows of each source, and for each row asked for its place among both.</summary>
    private sealed record Parts(long[] First, long[] Second, long[] Places);
}
