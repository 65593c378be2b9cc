namespace RhoLoss.Data;

/// <summary>
/// Makes the inputs of a data set that is not held in memory, one at a time: an image file to bytes. Called from several threads at
/// once, so it must keep no state that a call changes; a row must always decode to the same bytes.
/// </summary>
public interface IInputDecoder
{
    /// <summary>Shape of one stored input, [channels, height, width]; its product is the number of bytes.</summary>
    IReadOnlyList<long> Shape { get; }

    /// <summary>What is done to a file before it is an input, as text: a part of the data set's fingerprint.</summary>
    string Preprocessing { get; }

    /// <summary>Writes the input of a row, channel by channel, row by row; fills <paramref name="destination"/>.</summary>
    /// <exception cref="InvalidInputException">The file is missing or damaged; the message names it.</exception>
    void Decode(long row, Span<byte> destination);

    /// <summary>
    /// A hash of what the row is decoded from, so that a fingerprint need not decode: the first eight bytes of its SHA-256.
    /// </summary>
    long ContentHash(long row);

    /// <summary>The row as an error names it: the path of its file.</summary>
    string NameOf(long row);
}

/// <summary>How inputs are decoded ahead of the training loop. None of it changes an input or their order.</summary>
/// <param name="Threads">Worker threads, at least 1.</param>
/// <param name="AheadBytes">
/// Most bytes that are decoded and not yet read, whether they were foreseen or not; room for two inputs per thread is always there.
/// </param>
/// <param name="CacheBytes">Most bytes of decoded inputs that are kept for later epochs; 0 keeps none.</param>
public sealed record StreamOptions(int Threads = 1, long AheadBytes = StreamOptions.DefaultAheadBytes, long CacheBytes = 0)
{
    /// <summary>256 MiB: a large batch of 320 images of 3×256×256 takes 60 MiB.</summary>
    public const long DefaultAheadBytes = 256L << 20;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(AheadBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
    }
}
