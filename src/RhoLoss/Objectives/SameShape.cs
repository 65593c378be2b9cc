using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>Whether outputs and labels are compared number by number.</summary>
internal static class SameShape
{
    /// <summary>Refuses outputs and labels of different shapes, which an operation would spread over each other without a word.</summary>
    /// <exception cref="InvalidInputException">The shapes differ, or the labels are no floats.</exception>
    public static void Require(string what, Tensor outputs, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.is_floating_point() && outputs.shape.AsSpan().SequenceEqual(labels.shape)) { return; }
        throw new InvalidInputException(
            $"{what} needs outputs and float labels of the same shape, but the outputs have shape "
            + $"[{string.Join(", ", outputs.shape)}] and the labels are {labels.dtype} of shape [{string.Join(", ", labels.shape)}].");
    }
}
