namespace RhoLoss.NGrams;

/// <summary>What an n-gram model is made of.</summary>
public sealed record NGramOptions
{
    /// <summary>The longest n-gram: a token and the <c>Order</c> − 1 before it; 1 to 6.</summary>
    public int Order { get; init; } = 5;

    /// <summary>Number of tokens V: sequences hold 0..V−1. 256 for bytes; 2,097,151 at most.</summary>
    public int VocabularySize { get; init; } = 256;

    /// <summary>
    /// Most bytes that are held at once while a model is made; what stays is less than half of it (<see cref="NGramModel.Bytes"/>). An
    /// n-gram of the highest order needs at most <see cref="BytesPerNGram"/> of them, shorter ones and the tables included, however little
    /// n-grams overlap; text needs about half of that.
    /// </summary>
    /// <remarks>
    /// Where this is not enough, n-grams that were seen once so far are counted as the shorter ones that they end in, then those seen
    /// twice, four times, …, until a quarter is free again; where all of the highest order are gone, counting goes on with the order below.
    /// A rare n-gram so has the probability that the shorter one gives it, and one that returns is counted anew. Probabilities still sum
    /// to 1, shorter n-grams have all of their counts, and <see cref="NGramModel.Shortened"/> says how many counts it met; 0 is a
    /// model that is exact.
    /// </remarks>
    public long MaxBytes { get; init; } = 4L << 30;

    /// <summary>
    /// Bound of the memory of each distinct n-gram of the highest order while two models are made; see <see cref="MaxBytes"/>.
    /// </summary>
    public int BytesPerNGram => (KeyBytes + LevelBytes) * Order + ProbabilityBytes + (2 * Order - 1) * NGramTable.BytesPerEntry;

    /// <summary>
    /// The highest order for which <see cref="MaxBytes"/> have room for every token of <see cref="VocabularySize"/>; 0 where none has, or
    /// the vocabulary is larger than any may be.
    /// </summary>
    public int LargestOrder => VocabularySize is < 1 or > LargestVocabulary ? 0
        : Enumerable.Range(1, HighestOrder).LastOrDefault(order => (this with { Order = order }).HasRoom);

    /// <summary>Counts of two corpora, and where the shorter n-gram is.</summary>
    private const int LevelBytes = 2 * sizeof(uint) + sizeof(int);

    /// <summary>Probabilities of two models, at this order and the one below.</summary>
    private const int ProbabilityBytes = 2 * 2 * sizeof(double);

    private const int HighestOrder = 6, LargestVocabulary = (1 << 21) - 1;   // 6 · 21 bits fit into the wider key

    /// <summary>The cap that the flat table sets: it has 2³¹ words at most.</summary>
    private const int MostNGrams = 1 << 26;

    /// <summary>Bits of one token in a key; 0 is kept for "no token".</summary>
    internal int TokenBits => int.Log2(VocabularySize) + 1;

    /// <summary>Whether an n-gram fits into 64 bits; else into 128.</summary>
    internal bool IsNarrow => TokenBits * Order <= 64;

    /// <summary>Distinct n-grams of the highest order that there is room for.</summary>
    internal int Room => (int)Math.Min(MostNGrams, MaxBytes / BytesPerNGram);

    private int KeyBytes => IsNarrow ? sizeof(ulong) : 2 * sizeof(ulong);

    /// <summary>Every token by itself, twice, and what is counted in one go, for a model of the sample and one of the pool.</summary>
    private long LeastRoom => 4L * (VocabularySize + CountedAtOnce);

    private bool HasRoom => Room >= LeastRoom;

    /// <summary>N-grams that are counted before the table is looked at again.</summary>
    internal const int CountedAtOnce = 128;

    /// <summary>Refuses what no model can be made of.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message says which.</exception>
    internal void Validate()
    {
        if (Order is < 1 or > HighestOrder)
        {
            throw new ArgumentException($"The order of n-grams must lie in 1..{HighestOrder}, but is {Order}.", nameof(Order));
        }
        if (VocabularySize is < 1 or > LargestVocabulary)
        {
            throw new ArgumentException(
                $"The vocabulary must have 1 to {LargestVocabulary} tokens, but has {VocabularySize}.", nameof(VocabularySize));
        }
        if (!HasRoom)
        {
            string fits = LargestOrder == 0 ? "No order fits." : $"The largest order that fits is {LargestOrder}.";
            throw new ArgumentException(
                $"n-grams of order {Order} over {VocabularySize} tokens need at least {LeastRoom * BytesPerNGram} bytes while they are "
                + $"counted, but {nameof(MaxBytes)} is {MaxBytes}. {fits}", nameof(MaxBytes));
        }
    }
}
