using System.Diagnostics;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>What the machine gives at best: products of large square matrices.</summary>
internal sealed class MatmulPeak : IDisposable
{
    private static readonly long[] Sides = [768, 1024, 2048];
    private readonly Tensor[] _matrices;

    public MatmulPeak(ScalarType type)
    {
        using IDisposable scope = NewDisposeScope();
        _matrices = [.. Sides.Select(n => rand(n, n).to(type).DetachFromDisposeScope())];
    }

    /// <summary>Seconds of one operation, in the product that went best.</summary>
    public Turn Take() => new(_matrices.Min(m =>
    {
        long started = Stopwatch.GetTimestamp();
        m.mm(m).Dispose();
        long n = m.shape[0];
        return Stopwatch.GetElapsedTime(started).TotalSeconds / (2.0 * n * n * n);
    }));

    public void Dispose()
    {
        foreach (Tensor matrix in _matrices) { matrix.Dispose(); }
    }
}
