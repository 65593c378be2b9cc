using static TorchSharp.torch;

namespace RhoLoss.Datasets.Splits;

/// <summary>
/// Examples before they are a data set: uint8 [N, channels, height, width] (or token ids, int32 [N, length]),
/// int64 [N], and stable ids int64 [N].
/// </summary>
internal sealed record Examples(Tensor Inputs, Tensor Labels, Tensor Ids)
{
    /// <summary>For each example the id of the first one with the same input, int64 [N]; null where none comes twice.</summary>
    public Tensor? Origins { get; init; }

    /// <summary>Examples whose ids are their positions in the file.</summary>
    public static Examples InFileOrder(Tensor inputs, Tensor labels) => new(inputs, labels, Scalars.Range(labels.shape[0], int64));

    /// <summary>The examples at these rows, ids kept.</summary>
    public Examples At(Tensor rows) =>
        new(Inputs.index_select(0, rows), Labels.index_select(0, rows), Ids.index_select(0, rows))
        {
            Origins = Origins?.index_select(0, rows)
        };

    /// <summary>These examples and then those.</summary>
    public Examples And(Examples other) => new(cat([Inputs, other.Inputs]), cat([Labels, other.Labels]), cat([Ids, other.Ids]))
    {
        Origins = Origins is null && other.Origins is null ? null : cat([Origins ?? Ids, other.Origins ?? other.Ids]),
    };
}
