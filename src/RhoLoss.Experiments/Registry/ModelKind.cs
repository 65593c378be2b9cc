using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Registry;

/// <summary>A row of <see cref="ModelTable"/>: all that the program knows of a network.</summary>
/// <param name="Name">Under which a recipe knows it.</param>
/// <param name="Meaning">What it is, in a line.</param>
/// <param name="Create">Makes it. The caller owns it.</param>
public sealed record ModelKind(string Name, string Meaning, Func<ModelRequest, nn.Module<Tensor, Tensor>> Create)
{
    /// <summary>Whether it reads token ids and not images.</summary>
    public bool ReadsText { get; init; }

    /// <summary>
    /// Whether it foretells the next token of each place, logits [n, T, V] for a label a token, and does not classify whole examples.
    /// </summary>
    public bool PredictsTokens { get; init; }

    /// <summary>The smallest side of an image, in pixels, of which its layers leave something.</summary>
    public long SmallestSide { get; init; } = 1;

    /// <summary>Whether a recipe sets the widths of its hidden layers.</summary>
    public bool HasWidths { get; init; }

    /// <summary>Whether a recipe sets its rate of dropout.</summary>
    public bool HasDropout { get; init; }

    /// <summary>Whether it has convolutions.</summary>
    public bool HasConvolutions { get; init; } = true;

    /// <summary>Whether it has BatchNorm, which learns nothing from batches of one.</summary>
    public bool HasBatchNorm { get; init; } = true;

    /// <summary>
    /// Whether it is faster in bfloat16 and channels-last by more than what the format costs; measured: convolutions by up to 5.7 ×.
    /// </summary>
    public bool GainsFromBFloat16 { get; init; } = true;

    /// <summary>Whether weights of a quantised file fit it.</summary>
    public bool ReadsQuantizedWeights { get; init; }

    /// <summary>What its quality is measured by, unless a recipe says otherwise.</summary>
    public Metric Metric { get; init; } = Metric.Named(Metric.Accuracy);

    /// <summary>Shape of the inputs that it is usually trained on; a benchmark has such.</summary>
    public ValueList<long> UsualInput { get; init; } = [3, 32, 32];

    /// <summary>The network that scores for it in a benchmark, as its proxy.</summary>
    public string UsualProxy { get; init; } = ModelTable.SmallCnn;
}
