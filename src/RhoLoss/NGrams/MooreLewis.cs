using System.Diagnostics;
using System.Numerics;

namespace RhoLoss.NGrams;

/// <summary>
/// How much more likely a sequence is in a small clean sample of what is wanted than in the pool that it comes from: the mean over its
/// tokens of log p_sample − log p_pool, in nats, by two n-gram models (<see cref="NGramModel"/>). It is the cross-entropy difference of
/// Moore and Lewis, "Intelligent selection of language model training data" (ACL 2010), with its sign changed: higher is more relevant.
/// Costs one access to memory a token, since both models are one table of differences. Does not change once made; any number of threads may
/// read it.
/// </summary>
/// <example>
/// <code>
/// using RhoLoss.NGrams;
///
/// byte[] manual = File.ReadAllBytes("manual.txt");
/// ReadOnlyMemory&lt;byte&gt;[] pool = [.. Directory.GetFiles("crawl").Select(file =&gt; File.ReadAllBytes(file))];
/// MooreLewis relevance = MooreLewis.Of([manual], pool);
/// double[] scores = [.. pool.Select(text =&gt; relevance.Score(text.Span))];
/// </code>
/// </example>
public sealed class MooreLewis
{
    private readonly NGramTables _tables;

    private MooreLewis(NGramOptions options, NGramTables tables, double seconds) =>
        (Options, _tables, Seconds) = (options, tables, seconds);

    /// <summary>What both models were made by.</summary>
    public NGramOptions Options { get; }

    /// <summary>Tokens of the sample.</summary>
    public long SampleTokens => _tables.Tokens[0];

    /// <summary>Tokens of the pool.</summary>
    public long PoolTokens => _tables.Tokens[1];

    /// <summary>Distinct n-grams of 1, 2, … tokens that the sample or the pool has.</summary>
    public IReadOnlyList<int> NGrams => _tables.NGrams;

    /// <summary>
    /// Counts, of the sample and the pool, that went to shorter n-grams for want of memory (<see cref="NGramOptions.MaxBytes"/>); 0: both
    /// models are exact. The sample may take up to half of the memory, the pool what that leaves.
    /// </summary>
    public long Shortened => _tables.Shortened.Sum();

    /// <summary>Bytes of memory that it holds: at most 12 for each n-gram and each context.</summary>
    public long Bytes => _tables.Table.Bytes;

    /// <summary>Wall-clock seconds of making it, reading the sequences included.</summary>
    public double Seconds { get; }

    /// <summary>Makes both models, with the same options; each sequence is read once.</summary>
    /// <param name="sample">What is wanted: documents, or parts of them; bytes, or tokens of any whole-number type.</param>
    /// <param name="pool">What there is.</param>
    /// <param name="options">Order, vocabulary, memory; null for 5-grams of bytes.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of its range, a token is not in the vocabulary, or the sample or the pool has no sequence as long as the order.
    /// </exception>
    public static MooreLewis Of<TToken>(
        IEnumerable<ReadOnlyMemory<TToken>> sample, IEnumerable<ReadOnlyMemory<TToken>> pool, NGramOptions? options = null)
        where TToken : unmanaged, IBinaryInteger<TToken>
    {
        ArgumentNullException.ThrowIfNull(sample);
        ArgumentNullException.ThrowIfNull(pool);
        options ??= new NGramOptions();
        long started = Stopwatch.GetTimestamp();
        NGramTables tables = NGramTables.Of(options, ("sample", sample), ("pool", pool));
        return new MooreLewis(options, tables, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Mean of log p_sample − log p_pool over the tokens of a sequence, in nats a token.</summary>
    /// <exception cref="ArgumentException">The sequence is empty, or a token is not in the vocabulary.</exception>
    public double Score<TToken>(ReadOnlySpan<TToken> sequence) where TToken : unmanaged, IBinaryInteger<TToken>
    {
        if (sequence.IsEmpty) { throw new ArgumentException("A sequence without tokens has no relevance.", nameof(sequence)); }
        return _tables.Table.Sum(sequence) / sequence.Length;
    }

    /// <summary>log p_sample − log p_pool of each token, in nats.</summary>
    /// <param name="sequence">Bytes, or tokens of any whole-number type.</param>
    /// <param name="differences">One for each token.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a token is not in the vocabulary.</exception>
    public void Differences<TToken>(ReadOnlySpan<TToken> sequence, Span<float> differences)
        where TToken : unmanaged, IBinaryInteger<TToken>
    {
        if (differences.Length != sequence.Length)
        {
            throw new ArgumentException(
                $"There must be room for one number a token, {sequence.Length}, but there is for {differences.Length}.",
                nameof(differences));
        }
        _tables.Table.Values(sequence, differences);
    }
}
