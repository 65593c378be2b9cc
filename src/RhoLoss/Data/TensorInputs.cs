using System.Security.Cryptography;
using RhoLoss.Native;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Inputs in memory: float32 or uint8, or token ids in int32 or int64, shape [N, …].</summary>
internal sealed class TensorInputs : IInputSource
{
    private readonly Tensor _inputs;

    public TensorInputs(Tensor inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        _inputs = LargePages.Held(inputs);
    }

    public long Count => _inputs.shape[0];

    public IReadOnlyList<long> Shape => _inputs.shape[1..];

    public ScalarType Type => _inputs.dtype;

    public Tensor? Stored => _inputs;

    public double WaitSeconds => 0;

    public string Storage => $"{_inputs.dtype}";

    public Tensor Gather(Tensor rows) => _inputs.index_select(0, rows);

    public void Prefetch(Tensor rows) { }

    public IInputSource Subset(Tensor rows) => new TensorInputs(_inputs.index_select(0, rows));

    public IInputSource Share() => new TensorInputs(_inputs.alias());

    public IInputSource To(Device device) => new TensorInputs(_inputs.to(device, copy: true));

    /// <summary>Hashes inputs in this order, a few megabytes at a time: a span holds at most 2 GiB, a data set more.</summary>
    public long[] Hash(Tensor order)
    {
        const long ChunkBytes = 16 << 20;
        long size = _inputs.numel() / Count * _inputs.element_size();
        long rows = Math.Max(1, ChunkBytes / size);
        var hashes = new long[Count];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        for (long start = 0; start < Count; start += rows)
        {
            using IDisposable scope = NewDisposeScope();
            long end = Math.Min(start + rows, Count);
            Tensor chunk = _inputs.index_select(0, order.slice(0, start, end, 1)).cpu().contiguous();
            ReadOnlySpan<byte> bytes = chunk.bytes;
            for (long i = start; i < end; i++)
            {
                SHA256.HashData(bytes.Slice((int)((i - start) * size), (int)size), digest);
                hashes[i] = BitConverter.ToInt64(digest);
            }
        }
        return hashes;
    }

    public void Detach() => _inputs.DetachFromDisposeScope();

    public void Dispose() => _inputs.Dispose();
}
