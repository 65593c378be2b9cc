namespace RhoLoss.Tests.NGrams;

/// <summary>Texts in which some n-grams come often and most do not: each token mostly follows from the two before it.</summary>
internal static class DrawnText
{
    /// <summary>Sequences of lengths 1 to <paramref name="longest"/>, the first of them as long as that.</summary>
    public static int[][] Draw(int seed, int count, int longest, int vocabularySize)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(i =>
            {
                int[] sequence = new int[i == 0 ? longest : random.Next(1, longest + 1)];
                for (int t = 0; t < sequence.Length; t++)
                {
                    int follows = t < 2 ? 0 : (7 * sequence[t - 1] + 3 * sequence[t - 2] + 1) % Math.Min(vocabularySize, 11);
                    sequence[t] = random.Next(4) > 0 ? follows : random.Next(vocabularySize);
                }
                return sequence;
            }),
        ];
    }

    public static ReadOnlyMemory<byte>[] AsBytes(int[][] sequences) =>
        [.. sequences.Select(sequence => (ReadOnlyMemory<byte>)sequence.Select(token => (byte)token).ToArray())];

    public static ReadOnlyMemory<int>[] AsTokens(int[][] sequences) => [.. sequences.Select(sequence => (ReadOnlyMemory<int>)sequence)];
}
