using RhoLoss.Data;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>The tokens of sequences, for n-grams: those that are to be predicted, without padding.</summary>
internal static class SequenceRows
{
    /// <summary>Rows that are read at once.</summary>
    public const int ReadAtOnce = 1024;

    /// <summary>Every how many rows leave at most so many tokens, if all sequences are as long as the longest.</summary>
    public static long StepFor(LabeledDataset data, long tokens) =>
        Math.Max(1, (long)Math.Ceiling((double)data.Count * data.InputShape[0] / tokens));

    /// <summary>What the tokens mean.</summary>
    /// <exception cref="InvalidInputException">The examples are no sequences of tokens that are to be predicted.</exception>
    public static TokenVocabulary VocabularyOf(LabeledDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data is { Tokens: { } tokens, Classes: 0 } ? tokens : throw new InvalidInputException(
            "N-grams are counted in sequences of tokens, each to be predicted (LabeledDataset.OfSequences), but these data have none.");
    }

    /// <summary>Refuses data whose tokens are not those that n-grams were counted of.</summary>
    /// <param name="size">Number of tokens of the n-grams.</param>
    /// <param name="counted">What those tokens mean; null where nobody says.</param>
    /// <param name="data">What the tokens of the data mean.</param>
    /// <exception cref="InvalidInputException">They are others.</exception>
    public static void RequireVocabulary(int size, TokenVocabulary? counted, TokenVocabulary data)
    {
        if (data.Size == size && (counted is null || counted.Sha256 == data.Sha256)) { return; }
        string other = data.Size == size ? "is another one of as many" : FormattableString.Invariant($"has {data.Size}");
        throw new InvalidInputException(
            FormattableString.Invariant($"The n-grams were counted over a vocabulary of {size} tokens, but that of the data set {other}. ")
            + "Count the sample with the tokenizer of the data.");
    }

    /// <summary>
    /// The tokens of every <paramref name="step"/>-th row, in row order, from row <paramref name="first"/>, of those that have any.
    /// </summary>
    public static IEnumerable<ReadOnlyMemory<long>> Of(LabeledDataset data, long step = 1, long first = 0) =>
        All(data, step, first).Where(row => !row.IsEmpty);

    /// <summary>The same of rows without a token, too.</summary>
    public static IEnumerable<ReadOnlyMemory<long>> All(LabeledDataset data, long step = 1, long first = 0)
    {
        int length = (int)data.InputShape[0];
        for (long start = first; start < data.Count; start += ReadAtOnce * step)
        {
            long[] tokens;
            using (NewDisposeScope())
            {
                Tensor ids = data.Ids.slice(0, start, Math.Min(start + ReadAtOnce * step, data.Count), step);
                tokens = data.LabelsOf(ids).cpu().data<long>().ToArray();
            }
            for (int at = 0; at < tokens.Length; at += length)
            {
                yield return tokens.AsMemory(at, WithoutPadding(tokens.AsSpan(at, length)).Length);
            }
        }
    }

    /// <summary>What stands before the padding.</summary>
    public static ReadOnlySpan<long> WithoutPadding(ReadOnlySpan<long> row) =>
        row[..(row.LastIndexOfAnyExcept(TokenCrossEntropy.Ignored) + 1)];
}
