using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>See <see cref="Objective.CrossEntropy"/>.</summary>
internal sealed class ClassCrossEntropy : Objective
{
    public override bool OutputsAreLogits => true;

    /// <inheritdoc/>
    public override bool OutputsAreClassLogits => true;

    public override Tensor PerElement(Tensor outputs, Tensor labels)
    {
        RequireClasses(labels);
        return nn.functional.cross_entropy(outputs, labels, reduction: nn.Reduction.None);
    }

    public override Tensor Correct(Tensor outputs, Tensor labels) => outputs.argmax(1).eq(labels).to(float32);

    /// <summary>‖softmax(z) − onehot(y)‖₂.</summary>
    public override Tensor GradientNorm(Tensor outputs, Tensor labels)
    {
        Tensor gradient = outputs.softmax(1);
        Tensor minusOne = full([labels.shape[0], 1], Scalars.Of(-1f), dtype: gradient.dtype, device: gradient.device);
        gradient.scatter_add_(1, labels.unsqueeze(1), minusOne);
        return gradient.norm(1);
    }

    internal override void Require(Tensor outputs, long count, Func<LargestLabel> largest) =>
        ClassOutputs.Require(outputs, count, largest);

    internal override (double Loss, double GradientNorm)? Untrained(int classes) =>
        classes > 0 ? (Math.Log(classes), Math.Sqrt(1 - (1.0 / classes))) : null;

    private static void RequireClasses(Tensor labels)
    {
        if (labels.dim() == 1 && labels.dtype == ScalarType.Int64) { return; }
        throw new InvalidInputException(
            $"Cross-entropy needs one class for each example, int64 of shape [n], but the labels are {labels.dtype} of shape "
            + $"[{string.Join(", ", labels.shape)}]. Train with another objective, such as SquaredError or BinaryCrossEntropy.");
    }
}
