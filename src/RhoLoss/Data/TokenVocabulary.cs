using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// What the whole numbers of a text data set mean: ids of a vocabulary, sequences filled up at the end with a padding id.
/// </summary>
/// <param name="Size">Number of tokens V; ids are 0..V-1.</param>
/// <param name="PaddingId">The id that stands for nothing. Models pay no attention to it.</param>
public sealed record TokenVocabulary(int Size, int PaddingId = 0)
{
    /// <summary>
    /// SHA-256, in hexadecimal, of the list of tokens that the ids are of, so that two tokenizers with as many tokens are told apart; null
    /// where ids mean something without one, as bytes do, or where nobody says.
    /// </summary>
    public string? Sha256 { get; init; }

    internal void Validate(Tensor inputs, Normalization? normalization)
    {
        if (inputs.dtype is not (ScalarType.Int32 or ScalarType.Int64) || inputs.dim() != 2 || normalization is not null)
        {
            throw new ArgumentException(
                "Token ids must be int32 or int64 of shape [N, length] without a normalization, "
                + $"but are {inputs.dtype} of shape [{string.Join(", ", inputs.shape)}] "
                + $"{(normalization is null ? "without" : "with")} one.", nameof(inputs));
        }
        if (PaddingId < 0 || PaddingId >= Size)
        {
            throw new ArgumentException($"The padding id must lie in 0..{Size - 1}, but is {PaddingId}.", nameof(inputs));
        }
        using IDisposable scope = NewDisposeScope();
        long lowest = inputs.min().to(int64).item<long>(), highest = inputs.max().to(int64).item<long>();
        if (lowest < 0 || highest >= Size)
        {
            throw new ArgumentException($"Token ids must lie in 0..{Size - 1}, but range over {lowest}..{highest}.", nameof(inputs));
        }
    }
}
