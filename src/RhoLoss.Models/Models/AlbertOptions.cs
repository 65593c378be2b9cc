namespace RhoLoss.Models;

/// <summary>Sizes of an <see cref="Albert"/>, under the names of the published configuration files.</summary>
public sealed record AlbertOptions
{
    /// <summary>
    /// ALBERT base, version 2 (Lan et al., 2019): 11,683,584 parameters without the classifier. What
    /// the paper fine-tunes on CoLA and SST-2.
    /// </summary>
    public static AlbertOptions Base { get; } = new();

    /// <summary>
    /// Small enough to be trained from scratch on a processor: two passes through one shared layer of width 128 with 4 heads. It
    /// has the same parts and names; only sizes differ.
    /// </summary>
    public static AlbertOptions Small { get; } = new()
    {
        EmbeddingSize = 64,
        HiddenSize = 128,
        Layers = 2,
        Heads = 4,
        IntermediateSize = 512,
        MaxPositions = 128,
    };

    /// <summary>Tokens V.</summary>
    public int VocabularySize { get; init; } = 30_000;

    /// <summary>Width of the token embeddings, which one linear map takes to <see cref="HiddenSize"/> (factorised embedding).</summary>
    public int EmbeddingSize { get; init; } = 128;

    /// <summary>Width of the layers; a multiple of <see cref="Heads"/>.</summary>
    public int HiddenSize { get; init; } = 768;

    /// <summary>Times the one shared layer is applied.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width between the two linear maps of the feed-forward part.</summary>
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Longest sequence.</summary>
    public int MaxPositions { get; init; } = 512;

    /// <summary>Id of the padding token, to which no attention is paid.</summary>
    public int PaddingId { get; init; }

    /// <summary>Dropout of embeddings, attention probabilities and the output of each part of a layer; 0 in version 2.</summary>
    public double Dropout { get; init; }

    /// <summary>Dropout before the classifier; the published fine-tuning uses 0.1.</summary>
    public double ClassifierDropout { get; init; } = 0.1;

    /// <summary>Added to the variance in layer normalisation.</summary>
    internal const double Epsilon = 1e-12;

    /// <summary>Kinds of segments; a single text is all of kind 0.</summary>
    internal const int TokenTypes = 2;

    internal void Validate()
    {
        foreach ((string name, int value) in new[]
        {
            (nameof(VocabularySize), VocabularySize), (nameof(EmbeddingSize), EmbeddingSize), (nameof(HiddenSize), HiddenSize),
            (nameof(Layers), Layers), (nameof(Heads), Heads), (nameof(IntermediateSize), IntermediateSize),
            (nameof(MaxPositions), MaxPositions),
        })
        {
            if (value < 1) { throw new ArgumentException($"AlbertOptions.{name} must be at least 1, but was {value}."); }
        }
        if (HiddenSize % Heads != 0)
        {
            throw new ArgumentException($"AlbertOptions.HiddenSize must be a multiple of Heads ({Heads}), but was {HiddenSize}.");
        }
        if (PaddingId < 0 || PaddingId >= VocabularySize)
        {
            throw new ArgumentException($"AlbertOptions.PaddingId must lie in 0..{VocabularySize - 1}, but was {PaddingId}.");
        }
        foreach ((string name, double value) in new[] { (nameof(Dropout), Dropout), (nameof(ClassifierDropout), ClassifierDropout) })
        {
            if (!(value >= 0 && value < 1))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"AlbertOptions.{name} must be at least 0 and below 1, but was {value}."));
            }
        }
    }
}
