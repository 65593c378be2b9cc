using static TorchSharp.torch;

namespace RhoLoss.Serialization;

/// <summary>Tensors of a checkpoint before whoever saved them takes them over again.</summary>
internal static class SavedTensor
{
    /// <summary>
    /// Refuses one that cannot be taken over: a copy would convert it or repeat it without a word, or it would end the process.
    /// </summary>
    /// <param name="source">What it was saved in, for the error.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="given">The tensor.</param>
    /// <param name="wanted">What would be saved now.</param>
    /// <param name="compared">What must agree besides the type.</param>
    /// <exception cref="InvalidInputException">It differs; the message says how.</exception>
    public static void RequireLike(string source, string name, Tensor given, Tensor wanted, Likeness compared = Likeness.Shape)
    {
        bool alike = given.dtype == wanted.dtype && compared switch
        {
            Likeness.Type => true,
            Likeness.Axes => given.dim() == wanted.dim(),
            _ => given.shape.AsSpan().SequenceEqual(wanted.shape),
        };
        if (alike) { return; }
        throw new InvalidInputException(
            $"{source} has '{name}' as {given.dtype} of shape {TensorText.Shape(given.shape)}, but {wanted.dtype} of shape "
            + $"{TensorText.Shape(wanted.shape)} is needed. Continue from a checkpoint of the same data, models and version.");
    }
}

/// <summary>In what a saved tensor must be like the one that would be saved now.</summary>
internal enum Likeness
{
    /// <summary>Type of elements alone.</summary>
    Type,

    /// <summary>Type and number of axes.</summary>
    Axes,

    /// <summary>Type and shape.</summary>
    Shape,
}
