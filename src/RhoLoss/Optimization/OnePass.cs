using System.Runtime.Intrinsics;
using RhoLoss.Native;

namespace RhoLoss.Optimization;

/// <summary>
/// Applies an <see cref="IUpdateRule"/> to a range, reading and writing every number once. Each result depends on the numbers at its own
/// index alone, so it is the same for any number of threads. Written with Vector512, which the runtime splits in two or four where
/// the processor's vectors are narrower; ranges are multiples of 32 numbers long, so nothing is left over.
/// </summary>
internal static unsafe class OnePass
{
    private const int Lanes = 16;

    // Numbers in one piece of work: large enough that starting it (about 1 µs) does not show, small
    // enough to share evenly on a busy machine.
    private const long Piece = 1 << 17;

    public static void Run<TRule>(TRule rule, FlatRange range, int threads) where TRule : struct, IUpdateRule
    {
        var start = (nint)range.Start;
        float* masters = TensorMemory.PointerTo<float>(range.Masters!);
        if (range.IsRounded)
        {
            ushort* weights = TensorMemory.PointerTo<ushort>(range.Weights), gradients = TensorMemory.PointerTo<ushort>(range.Gradients!);
            Share(range.Count, threads, (from, to) => UpdateRounded(rule, start, masters, weights, gradients, from, to));
        }
        else
        {
            float* gradients = TensorMemory.PointerTo<float>(range.Gradients!);
            Share(range.Count, threads, (from, to) => Update(rule, start, masters, gradients, from, to));
        }
    }

    private static void Share(long count, int threads, Action<nint, nint> work)
    {
        long pieces = (count + Piece - 1) / Piece;
        if (threads == 1 || pieces == 1)
        {
            work(0, (nint)count);
            return;
        }
        Parallel.For(0, pieces, new ParallelOptions { MaxDegreeOfParallelism = threads },
            piece => work((nint)(piece * Piece), (nint)Math.Min((piece + 1) * Piece, count)));
    }

    private static void Update<TRule>(TRule rule, nint start, float* weights, float* gradients, nint from, nint to)
        where TRule : struct, IUpdateRule
    {
        for (nint i = from; i < to; i += Lanes)
        {
            rule.Next(start + i, Vector512.Load(weights + i), Vector512.Load(gradients + i)).Store(weights + i);
        }
    }

    private static void UpdateRounded<TRule>(TRule rule, nint start, float* masters, ushort* weights, ushort* gradients, nint from, nint to)
        where TRule : struct, IUpdateRule
    {
        for (nint i = from; i < to; i += 2 * Lanes)
        {
            (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(Vector512.Load(gradients + i));
            Vector512<float> first = rule.Next(start + i, Vector512.Load(masters + i), (low << 16).AsSingle());
            Vector512<float> second = rule.Next(start + i + Lanes, Vector512.Load(masters + i + Lanes), (high << 16).AsSingle());
            first.Store(masters + i);
            second.Store(masters + i + Lanes);
            Vector512.Narrow(Round(first), Round(second)).Store(weights + i);
        }
    }

    /// <summary>The upper half of each float32, rounded to nearest even, in the lower 16 bits; NaN stays NaN.</summary>
    private static Vector512<uint> Round(Vector512<float> values)
    {
        Vector512<uint> bits = values.AsUInt32();
        Vector512<uint> odd = (bits >> 16) & Vector512<uint>.One;
        Vector512<uint> rounded = (bits + Vector512.Create(0x7FFFu) + odd) >> 16;
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create(0x7FC0u));
    }
}
