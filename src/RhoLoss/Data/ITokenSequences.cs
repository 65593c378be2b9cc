namespace RhoLoss.Data;

/// <summary>
/// Sequences of tokens, read when they are needed: what <see cref="LabeledDataset.OfSequences"/> makes a set of. They may lie in memory
/// or on disk. Read by several threads at once.
/// </summary>
public interface ITokenSequences
{
    /// <summary>Number of sequences N.</summary>
    long Count { get; }

    /// <summary>Tokens T of the longest sequence.</summary>
    int Length { get; }

    /// <summary>What the tokens mean.</summary>
    TokenVocabulary Vocabulary { get; }

    /// <summary>Id of what stands before the first token of a sequence, so that it too is predicted from something.</summary>
    int StartToken { get; }

    /// <summary>Number of tokens of a sequence, in 1..T.</summary>
    /// <param name="row">Its row, in 0..N−1.</param>
    int LengthOf(long row);

    /// <summary>Reads the tokens of a sequence, always the same.</summary>
    /// <param name="row">Its row, in 0..N−1.</param>
    /// <param name="tokens">Where its <see cref="LengthOf"/> tokens go.</param>
    void Read(long row, Span<int> tokens);

    /// <summary>
    /// Bytes of the text that a sequence stands for, in UTF-8, so that a loss has a meaning in bits per byte; null where that is not known.
    /// </summary>
    /// <param name="row">Its row, in 0..N−1.</param>
    long? BytesOf(long row) => null;

    /// <summary>Where a sequence is, for messages: file and place.</summary>
    /// <param name="row">Its row, in 0..N−1.</param>
    string NameOf(long row);
}
