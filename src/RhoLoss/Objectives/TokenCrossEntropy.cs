using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>
/// Cross-entropy of one class a token: outputs are logits [n, T, V], labels int64 [n, T]. The loss of an example is the mean over its
/// tokens whose label is not <see cref="Ignored"/>, that of a batch the mean over all such tokens.
/// </summary>
/// <param name="ignored">The label of what does not count.</param>
public sealed class TokenCrossEntropy(long ignored = TokenCrossEntropy.Ignored) : Objective
{
    /// <summary>Label of padding, as PyTorch and Hugging Face have it.</summary>
    public const long Ignored = -100;

    /// <summary>
    /// Whether each token is a byte of the text, so that a loss is one in bits per byte; of other tokens it is one only together with the
    /// bytes that they stand for (<see cref="Data.LabeledDataset.TextBytes"/>).
    /// </summary>
    public bool TokensAreBytes { get; init; }

    /// <inheritdoc/>
    public override bool OutputsAreLogits => true;

    /// <inheritdoc/>
    public override bool OutputsAreClassLogits => true;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The labels are not one for each token of the outputs.</exception>
    public override Tensor PerElement(Tensor outputs, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(labels);
        long[] shape = outputs.shape;
        if (shape.Length != 3 || labels.dtype != ScalarType.Int64 || labels.dim() != 2
            || labels.shape[0] != shape[0] || labels.shape[1] != shape[1])
        {
            throw new InvalidInputException(
                "A loss per token needs logits of shape [n, T, V] and int64 labels of shape [n, T], but the logits have shape "
                + $"[{string.Join(", ", shape)}] and the labels are {labels.dtype} of shape [{string.Join(", ", labels.shape)}].");
        }
        return nn.functional.cross_entropy(
            outputs.reshape(-1, shape[2]), labels.reshape(-1), reduction: nn.Reduction.None, ignore_index: ignored)
            .reshape(shape[0], shape[1]);
    }

    /// <inheritdoc/>
    public override Tensor Counted(Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return labels.ne(Scalars.Of(ignored)).to(float32);
    }

    /// <inheritdoc/>
    public override Tensor Correct(Tensor outputs, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        return MeanOfEach(outputs.argmax(2).eq(labels).to(float32), Counted(labels));
    }
}
