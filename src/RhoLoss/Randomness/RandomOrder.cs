using System.Runtime.Intrinsics.X86;

namespace RhoLoss.Randomness;

/// <summary>
/// A random order of 0, 1, …, n − 1, each as likely as any other: number for number that of LibTorch's <c>randperm</c> with a generator of
/// the same seed. Each number changes place with one that lies anywhere; here that one is fetched before its turn, so that an order of ten
/// million does not wait ten million times for memory.
/// </summary>
internal static unsafe class RandomOrder
{
    /// <summary>So many numbers at most: for more, 32 random bits are too few to choose among them evenly.</summary>
    public const int Longest = (int)(uint.MaxValue / 20) - 1;

    private const int FetchedAhead = 64;

    /// <summary>Writes the order.</summary>
    /// <param name="order">Of length n, at most <see cref="Longest"/>.</param>
    /// <param name="seed">That of the generator.</param>
    public static void Write(Span<int> order, long seed)
    {
        fixed (int* first = order) { Write(first, order.Length, seed); }
    }

    private static void Write(int* order, int count, long seed)
    {
        for (int i = 0; i < count; i++) { order[i] = i; }
        var random = new MersenneTwister(seed);
        int* partners = stackalloc int[FetchedAhead];
        for (int start = 0; start < count - 1; start += FetchedAhead)
        {
            int end = Math.Min(start + FetchedAhead, count - 1);
            for (int i = start; i < end; i++)
            {
                int partner = i + (int)(random.Next() % (uint)(count - i));
                if (Sse.IsSupported) { Sse.Prefetch0(order + partner); }
                partners[i - start] = partner;
            }
            for (int i = start; i < end; i++)
            {
                (order[i], order[partners[i - start]]) = (order[partners[i - start]], order[i]);
            }
        }
    }
}
