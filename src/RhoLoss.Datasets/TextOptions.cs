namespace RhoLoss.Datasets;

/// <summary>How texts become token ids.</summary>
/// <param name="Vocabulary">
/// Path of a vocabulary: ALBERT's pieces with scores or BERT's word pieces, told apart by content. <see cref="Words"/>: the words of the
/// training file itself. Empty: the one in the user's cache.
/// </param>
/// <param name="MaxLength">Tokens of a sequence including [CLS] and [SEP]; longer texts lose their end.</param>
public sealed record TextOptions(string Vocabulary = "", int MaxLength = TextOptions.LongestLength)
{
    /// <summary>The value of <see cref="Vocabulary"/> that needs no file.</summary>
    public const string Words = "words";

    /// <summary>The paper's setting for CoLA and SST-2 is 128 tokens; the library allows no more.</summary>
    public const int LongestLength = 128;

    /// <summary>[CLS], one token, [SEP].</summary>
    public const int ShortestLength = 3;

    internal void Validate()
    {
        if (MaxLength is < ShortestLength or > LongestLength)
        {
            throw new InvalidInputException(
                $"The longest sequence must have {ShortestLength} to {LongestLength} tokens, but was {MaxLength}. Set data.max-length.");
        }
    }
}
