using System.Diagnostics;
using System.Numerics;

namespace RhoLoss.NGrams;

/// <summary>
/// A language model of n-grams: p(w | h) = (c(h w) + N(h) p(w | h′)) / (c(h) + N(h)), where h are the <see cref="NGramOptions.Order"/> − 1
/// tokens before w, c counts, N(h) is the number of different tokens seen after h, and h′ is h without its first token. Below single tokens
/// stands 1 / V, so that nothing is impossible and the probabilities sum to 1 after any context; a context that was never seen is
/// shortened. (Interpolated Witten-Bell smoothing: Witten and Bell, "The zero-frequency problem", IEEE Transactions on Information Theory
/// 37(4), 1991, method C; Chen and Goodman, "An empirical study of smoothing techniques for language modeling", 1998.) Contexts do not
/// reach over the start of a sequence: its first tokens have shorter ones, and there is no symbol for the start. Does not change once made;
/// any number of threads may read it.
/// </summary>
/// <remarks>
/// Counts are exact. Finished probabilities are kept as float32 by fingerprints: an n-gram that was never seen is taken for one that was
/// with a probability of about 2⁻²⁹, those that were seen are never confused.
/// </remarks>
/// <example>
/// <code>
/// using RhoLoss.NGrams;
///
/// NGramModel model = NGramModel.Count&lt;byte&gt;([File.ReadAllBytes("sample.txt")], new NGramOptions { Order = 5 });
/// byte[] line = "a line of text"u8.ToArray();
/// float[] nats = new float[line.Length];
/// model.Losses&lt;byte&gt;(line, nats);
/// </code>
/// </example>
public sealed class NGramModel
{
    private readonly NGramTables _tables;

    private NGramModel(NGramOptions options, NGramTables tables, double seconds) =>
        (Options, _tables, Seconds) = (options, tables, seconds);

    /// <summary>What it was made by.</summary>
    public NGramOptions Options { get; }

    /// <summary>Tokens that were counted.</summary>
    public long Tokens => _tables.Tokens[0];

    /// <summary>Distinct n-grams of 1, 2, … tokens.</summary>
    public IReadOnlyList<int> NGrams => _tables.NGrams;

    /// <summary>
    /// Counts that went to shorter n-grams for want of memory (<see cref="NGramOptions.MaxBytes"/>); 0: the model is exact.
    /// </summary>
    public long Shortened => _tables.Shortened[0];

    /// <summary>Bytes of memory that it holds: at most 12 for each n-gram and each context.</summary>
    public long Bytes => _tables.Table.Bytes;

    /// <summary>Wall-clock seconds of making it, reading the sequences included.</summary>
    public double Seconds { get; }

    /// <summary>Makes a model of some sequences, each of which is read once.</summary>
    /// <param name="sequences">Documents, or parts of them: bytes, or tokens of any whole-number type.</param>
    /// <param name="options">Order, vocabulary, memory; null for 5-grams of bytes.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of its range, a token is not in the vocabulary, or no sequence is as long as the order.
    /// </exception>
    public static NGramModel Count<TToken>(IEnumerable<ReadOnlyMemory<TToken>> sequences, NGramOptions? options = null)
        where TToken : unmanaged, IBinaryInteger<TToken>
    {
        ArgumentNullException.ThrowIfNull(sequences);
        options ??= new NGramOptions();
        long started = Stopwatch.GetTimestamp();
        NGramTables tables = NGramTables.Of(options, ("text", sequences));
        return new NGramModel(options, tables, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>−ln p of each token of a sequence, in nats, after those before it.</summary>
    /// <param name="sequence">Bytes, or tokens of any whole-number type.</param>
    /// <param name="losses">One for each token.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a token is not in the vocabulary.</exception>
    public void Losses<TToken>(ReadOnlySpan<TToken> sequence, Span<float> losses) where TToken : unmanaged, IBinaryInteger<TToken>
    {
        if (losses.Length != sequence.Length)
        {
            throw new ArgumentException(
                $"There must be room for one loss a token, {sequence.Length}, but there is for {losses.Length}.", nameof(losses));
        }
        _tables.Table.Values(sequence, losses);
        foreach (ref float loss in losses) { loss = -loss; }
    }
}
