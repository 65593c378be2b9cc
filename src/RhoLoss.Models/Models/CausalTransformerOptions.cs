namespace RhoLoss.Models;

/// <summary>Sizes of a <see cref="CausalTransformer"/>; the defaults are those of GPT-2's smallest model.</summary>
public sealed record CausalTransformerOptions
{
    /// <summary>
    /// 3 layers of width 96 with 4 heads, over 256 bytes: 384,864 parameters with a context of 256. minGPT's model of that name has
    /// half the width and 3 heads.
    /// </summary>
    public static CausalTransformerOptions Nano { get; } = new() { Vocabulary = 256, Context = 256, Layers = 3, Heads = 4, Width = 96 };

    /// <summary>
    /// 4 layers of width 128 with 4 heads, as minGPT's model of that name, over 256 bytes: 858,880 parameters with a context of 256.
    /// </summary>
    public static CausalTransformerOptions Micro { get; } = new() { Vocabulary = 256, Context = 256, Layers = 4, Heads = 4, Width = 128 };

    /// <summary>Tokens V: ids are 0..V-1.</summary>
    public int Vocabulary { get; init; } = 50_257;

    /// <summary>Longest sequence, in tokens: the number of learned positions.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Blocks of attention and feed-forward part.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of embeddings and blocks; a multiple of <see cref="Heads"/>. Feed-forward parts are 4 × as wide.</summary>
    public int Width { get; init; } = 768;

    /// <summary>
    /// Dropout of embeddings, attention probabilities and the output of each part of a block, at least 0 and below 1. GPT-2 was trained
    /// with 0.1; 0 is faster, because attention is then one operation.
    /// </summary>
    public double Dropout { get; init; }

    /// <summary>Added to the variance in layer normalisation.</summary>
    internal const double Epsilon = 1e-5;

    internal void Validate()
    {
        foreach ((string name, int value) in new[]
        {
            (nameof(Vocabulary), Vocabulary), (nameof(Context), Context), (nameof(Layers), Layers), (nameof(Heads), Heads),
            (nameof(Width), Width),
        })
        {
            if (value < 1) { throw new ArgumentException($"CausalTransformerOptions.{name} must be at least 1, but was {value}."); }
        }
        if (Width % Heads != 0)
        {
            throw new ArgumentException($"CausalTransformerOptions.Width must be a multiple of Heads ({Heads}), but was {Width}.");
        }
        if (!(Dropout >= 0 && Dropout < 1))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"CausalTransformerOptions.Dropout must be at least 0 and below 1, but was {Dropout}."));
        }
    }
}
