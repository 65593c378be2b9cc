using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Draws which examples a <see cref="PruningSampler"/> keeps for an epoch, and their order.</summary>
internal static class PruningEpoch
{
    /// <summary>
    /// Rows and weights of an epoch, on the host, and whether it has weights other than 1; the caller's dispose scope owns them.
    /// </summary>
    /// <param name="losses">Last loss of each row, infinite where never seen, shape [N].</param>
    /// <param name="probability">That an example below the mean is dropped; 0 keeps all.</param>
    /// <param name="seed">Of the sampler.</param>
    /// <param name="epoch">From 0; the draws are a function of it and the seed.</param>
    public static (Tensor Rows, Tensor Weights, bool Pruned) Draw(Tensor losses, double probability, long seed, int epoch)
    {
        using Generator generator = Seeding.Stream(seed, epoch);
        long count = losses.shape[0];
        Tensor low = probability == 0 ? zeros(count, dtype: @bool) : BelowMean(losses.cpu());
        Tensor dropped = rand(count, generator: generator).lt(Scalars.Of(probability)).logical_and_(low);
        Tensor kept = dropped.logical_not().nonzero().flatten();
        Tensor rows = kept.index_select(0, randperm(kept.shape[0], dtype: int64, generator: generator));
        Tensor weights = where(low.index_select(0, rows), tensor((float)(1 / (1 - probability))), tensor(1f));
        return (rows, weights, low.any().item<bool>());
    }

    /// <summary>Which losses are below the mean of the finite ones; an infinite one, of an example never seen, is not.</summary>
    private static Tensor BelowMean(Tensor losses)
    {
        // In float64 the mean of equal float32 values is that value exactly; in float32 rounding could put all of them below it.
        Tensor exact = losses.to(float64);
        return exact.lt(exact.masked_select(exact.isfinite()).mean());   // nothing is below the NaN of no losses
    }
}
