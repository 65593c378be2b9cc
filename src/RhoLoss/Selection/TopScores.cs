using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>The k largest scores; of equal scores the earlier position in B_t wins.</summary>
public sealed record TopScores : Drawing
{
    /// <inheritdoc/>
    public override Drawn Draw(Tensor scores, int count, Generator random) => new(Largest(scores, count));

    /// <summary>Positions of the largest keys, the largest first.</summary>
    internal static Tensor Largest(Tensor keys, int count)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return sort(keys, descending: true, stable: true).indices.slice(0, 0, count, 1);
    }
}
