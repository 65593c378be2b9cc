using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>
/// Several labels an example, each yes or no: outputs are logits [n, L], labels float32 [n, L] of 0 and 1 (or probabilities). The loss of
/// an example is the mean over its L labels; a label is predicted right if the logit has its sign.
/// </summary>
public sealed class BinaryCrossEntropy : Objective
{
    /// <inheritdoc/>
    public override bool OutputsAreLogits => true;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The shapes differ.</exception>
    public override Tensor PerElement(Tensor outputs, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        SameShape.Require("A binary cross-entropy", outputs, labels);
        return nn.functional.binary_cross_entropy_with_logits(outputs, labels, reduction: nn.Reduction.None);
    }

    /// <inheritdoc/>
    public override Tensor Correct(Tensor outputs, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(labels);
        Tensor right = outputs.gt(Scalars.Zero).eq(labels.gt(Scalars.Of(0.5))).to(float32);
        return right.reshape(right.shape[0], -1).mean([1]);
    }
}
