namespace RhoLoss.Datasets;

/// <summary>Which files a corpus is, and how its documents become sequences.</summary>
/// <param name="Pool">
/// File or folder of the documents that training selects from. Empty, as of the next two: what is called so in the set's folder.
/// </param>
/// <param name="Holdout">The sample of what is wanted, which stands for what can be learnt.</param>
/// <param name="Test">What is reported on. Where there is none, a share of the holdout's documents.</param>
/// <param name="SequenceLength">Tokens T of a sequence; a document's last one may be shorter.</param>
/// <param name="TextField">Field of the text in JSON lines.</param>
/// <param name="OnTask">
/// Files or a folder below the pool whose documents are known to be on task, so that shares can be told; empty where that is not known.
/// </param>
/// <param name="TestFraction">Share of the holdout's documents that becomes the test set where it has no files.</param>
public sealed record CorpusOptions(
    string Pool = "", string Holdout = "", string Test = "", int SequenceLength = CorpusOptions.DefaultLength, string TextField = "text",
    string OnTask = "", double TestFraction = 0.5)
{
    /// <summary>
    /// Path of a vocabulary whose pieces documents are cut into, as of <see cref="TextOptions.Vocabulary"/>;
    /// <see cref="TextOptions.Words"/>: the words of the pool. Empty: into bytes.
    /// </summary>
    public string Vocabulary { get; init; } = "";

    /// <summary>Tokens of a sequence unless another number is given.</summary>
    public const int DefaultLength = 256;

    /// <summary>The fewest and most tokens that a sequence may have.</summary>
    public const int ShortestLength = 16, LongestLength = 4096;

    internal void Validate()
    {
        if (SequenceLength is < ShortestLength or > LongestLength)
        {
            throw new InvalidInputException(
                $"A sequence must have {ShortestLength} to {LongestLength} tokens, but was to have {SequenceLength}. "
                + "Set data.sequence-length.");
        }
        if (!(TestFraction > 0 && TestFraction < 1))
        {
            throw new InvalidInputException(FormattableString.Invariant(
                $"The share of the holdout's documents to test on must be above 0 and below 1, but was {TestFraction}. ")
                + "Set data.test-fraction.");
        }
    }
}
