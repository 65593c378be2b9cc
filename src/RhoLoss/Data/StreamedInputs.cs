using RhoLoss.Accelerators;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// Inputs that are decoded when they are needed: uint8, [N, channels, height, width]; a view of some rows of an <see cref="InputStream"/>.
/// </summary>
internal sealed class StreamedInputs : IInputSource
{
    private readonly InputStream _stream;
    private readonly long[] _rows;
    private readonly Device _device;
    private bool _disposed;

    /// <summary>Rows 0..<paramref name="count"/>-1 of a decoder.</summary>
    public StreamedInputs(IInputDecoder decoder, StreamOptions options, long count)
        : this(new InputStream(decoder, options), [.. Enumerable.Range(0, checked((int)count)).Select(i => (long)i)], CPU) { }

    private StreamedInputs(InputStream stream, long[] rows, Device device)
    {
        _stream = stream;
        _rows = rows;
        _device = device;
    }

    public long Count => _rows.Length;

    public IReadOnlyList<long> Shape => _stream.Decoder.Shape;

    public ScalarType Type => ScalarType.Byte;

    public Tensor? Stored => null;

    public double WaitSeconds { get; private set; }

    public string Storage => $"{ScalarType.Byte}, {_stream.Decoder.Preprocessing},";

    public Tensor Gather(Tensor rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long[] wanted = Map(rows);
        using DisposeScope scope = NewDisposeScope();
        Tensor inputs = empty([wanted.Length, .. Shape], dtype: uint8);
        // A span holds at most 2 GiB, a batch more; groups are cut where one is full.
        int size = checked((int)Shape.Aggregate(1L, (a, b) => a * b));
        int group = Math.Max(1, (1 << 30) / size);
        for (int start = 0; start < wanted.Length; start += group)
        {
            int end = Math.Min(start + group, wanted.Length);
            using Tensor part = inputs.slice(0, start, end, 1);
            WaitSeconds += _stream.Read(wanted.AsSpan(start, end - start), part.bytes);
        }
        return scope.MoveToOuter(Transfer.To(inputs, _device));
    }

    public void Prefetch(Tensor rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _stream.Foresee(Map(rows));
    }

    public IInputSource Subset(Tensor rows)
    {
        long[] mapped = Map(rows);   // first: if a row is out of range, the stream has no further owner yet
        return View(mapped, _device);
    }

    public IInputSource Share() => View(_rows, _device);

    public IInputSource To(Device device) => View(_rows, device);

    /// <summary>The rows of both, where both are views of one stream; else null.</summary>
    public StreamedInputs? With(StreamedInputs? other) =>
        ReferenceEquals(_stream, other?._stream) ? View([.. _rows, .. other!._rows], _device) : null;

    private StreamedInputs View(long[] rows, Device device)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new StreamedInputs(_stream.Share(), rows, device);
    }

    public long[] Hash(Tensor order)
    {
        long[] rows = Map(order);
        var hashes = new long[rows.Length];
        try
        {
            Parallel.For(
                0, rows.Length, new ParallelOptions { MaxDegreeOfParallelism = _stream.Threads }, i => hashes[i] = HashOf(rows[i]));
        }
        catch (AggregateException e) when (e.InnerException is InvalidInputException refused)
        {
            throw new InvalidInputException(refused.Message, refused);
        }
        return hashes;
    }

    private long HashOf(long row)
    {
        try
        {
            return _stream.Decoder.ContentHash(row);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{_stream.Decoder.NameOf(row)}: could not be read: {e.Message}", e);
        }
    }

    private long[] Map(Tensor rows)
    {
        using Tensor onHost = rows.cpu();
        return [.. onHost.data<long>().Select(row => _rows[row])];
    }

    public void Detach() { }   // it holds no tensor

    public void Dispose()
    {
        if (_disposed) { return; }
        _disposed = true;
        _stream.Release();
    }
}
