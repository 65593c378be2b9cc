using static TorchSharp.torch;

namespace RhoLoss.Objectives;

/// <summary>
/// The largest label of some examples and the first of them that has it: what decides whether a model has an output for each.
/// </summary>
/// <param name="Label">From 0.</param>
/// <param name="Id">Id of the example.</param>
internal sealed record LargestLabel(long Label, long Id)
{
    /// <summary>That of labels (int64, shape [n], n ≥ 1) and ids (int64, shape [n]). Waits for the device.</summary>
    /// <exception cref="InvalidInputException">A label is negative.</exception>
    public static LargestLabel Of(Tensor labels, Tensor ids)
    {
        if (labels.dim() != 1 || labels.dtype != ScalarType.Int64)
        {
            throw new InvalidInputException(
                $"Classes must be int64 of shape [n], one an example, but the labels are {labels.dtype} of shape "
                + $"[{string.Join(", ", labels.shape)}]. Train with an objective that fits them.");
        }
        using IDisposable scope = NewDisposeScope();
        Tensor row = labels.argmin();
        long lowest = labels[row].item<long>();
        if (lowest < 0)
        {
            long id = ids[row].item<long>();
            throw new InvalidInputException($"Labels must be whole numbers from 0, but example {id} has label {lowest}.");
        }
        row = labels.argmax();
        return new LargestLabel(labels[row].item<long>(), ids[row].item<long>());
    }
}
