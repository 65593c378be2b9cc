using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>
/// Squared error of a regression: outputs and labels are float32 of the same shape, [n] or [n, D]; the loss of an example is the mean over
/// its D numbers. Nothing is right or wrong.
/// </summary>
public sealed class SquaredError : Objective
{
    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The shapes differ: a subtraction would spread one over the other.</exception>
    public override Tensor PerElement(Tensor outputs, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        SameShape.Require("A squared error", outputs, labels);
        Tensor difference = outputs - labels;
        return difference * difference;
    }
}
