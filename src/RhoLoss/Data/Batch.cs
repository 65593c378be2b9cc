using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// Examples that are processed together. Stable example ids travel with inputs and labels, so that an irreducible loss,
/// a flag or an error message always finds the right example whatever the order.
/// </summary>
/// <param name="Indices">Stable example ids, int64, shape [n].</param>
/// <param name="Inputs">Model inputs, float32, shape [n, …], normalised.</param>
/// <param name="Labels">Class labels in 0..C-1, int64, shape [n]; or what the objective compares outputs with, shape [n, …].</param>
/// <remarks>A batch does not own its tensors; the dispose scope in which it was gathered does.</remarks>
public sealed record Batch(Tensor Indices, Tensor Inputs, Tensor Labels)
{
    /// <summary>Number of examples n.</summary>
    public int Count => (int)Labels.shape[0];

    /// <summary>Number of the step that it was gathered for, from 1; null where it was for none.</summary>
    public long? Step { get; init; }

    /// <summary>Rows of the examples in that data set; null where they are to be looked up.</summary>
    internal FoundRows? Rows { get; init; }

    /// <summary>The data set that it was gathered from; null where it was made otherwise.</summary>
    internal LabeledDataset? Source { get; init; }

    /// <summary>Factor of each example's loss by the sampler, float32, shape [n]; null when all are 1.</summary>
    public Tensor? Weights { get; init; }

    /// <summary>
    /// The largest label that the model must have an output for: of the data set that the batch is from, where that is known; else of the
    /// batch, which waits for the device.
    /// </summary>
    internal LargestLabel LargestLabel => _largestLabel ??= KnownLargestLabel ?? LargestLabel.Of(Labels, Indices);

    /// <summary>That of the data set; null where it is not known, or labels are no classes.</summary>
    internal LargestLabel? KnownLargestLabel { get; init; }

    private LargestLabel? _largestLabel;

    /// <summary>The examples at these positions (int64, shape [k]) of the batch, in that order.</summary>
    public Batch At(Tensor positions)
    {
        Tensor ids = Indices.index_select(0, positions);
        return new Batch(ids, Inputs.index_select(0, positions), Labels.index_select(0, positions))
        {
            Step = Step,
            Weights = Weights?.index_select(0, positions),
            KnownLargestLabel = KnownLargestLabel,
            Source = Source,
            Rows = Rows?.At(positions, ids),
        };
    }
}
