using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>
/// Whether what a model gave can be the logits of these labels. Asked wherever logits and labels meet, before a loss is taken of them; it
/// looks at shapes alone, so it does not wait for the device.
/// </summary>
internal static class ClassOutputs
{
    /// <summary>Refuses what is not one row of at least two numbers an example, or has none for the largest label.</summary>
    /// <param name="logits">What the model gave.</param>
    /// <param name="count">Examples that it was given.</param>
    /// <param name="largest">The largest label of the data set that they are from.</param>
    /// <exception cref="InvalidInputException">The message says what does not fit.</exception>
    public static void Require(Tensor logits, long count, Func<LargestLabel> largest)
    {
        long[] shape = logits.shape;
        if (shape.Length != 2 || shape[0] != count)
        {
            throw new InvalidInputException(
                $"A model must give logits of shape [n, C], a number for each example and class, "
                + $"but gave [{string.Join(", ", shape)}] for {count} examples.");
        }
        if (shape[1] < 2)
        {
            throw new InvalidInputException(
                $"A classifier must have at least two outputs, but the model has {shape[1]}: of a single one the loss is always 0, and "
                + "every prediction counts as right. Give it an output for each class, two for yes and no.");
        }
        LargestLabel highest = largest();
        if (highest.Label >= shape[1])
        {
            throw new InvalidInputException(
                $"Example {highest.Id} has label {highest.Label}, but the model has {shape[1]} outputs, "
                + $"for the labels 0 to {shape[1] - 1}. Give the model an output for each class, or correct the labels.");
        }
    }
}
