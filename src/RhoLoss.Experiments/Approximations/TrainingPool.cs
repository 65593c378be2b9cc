using static TorchSharp.torch;

namespace RhoLoss.Experiments.Approximations;

/// <summary>Ids of the holdout, or of none of it, and of what was acquired of D so far.</summary>
/// <param name="holdout">Ids of D_ho; none for D_t alone.</param>
/// <param name="acquired">Ids of the acquired examples of D.</param>
internal sealed class TrainingPool(IReadOnlyList<long> holdout, IReadOnlyList<long> acquired)
{
    /// <summary>
    /// All of them in random order, cut into batches, in each of which the holdout's come first; each is the caller's to dispose.
    /// </summary>
    public IEnumerable<Tensor> Shuffled(int batchSize, Generator generator)
    {
        using Tensor order = randperm(holdout.Count + acquired.Count, dtype: int64, generator: generator);
        foreach (long[] rows in order.cpu().data<long>().ToArray().Chunk(batchSize))
        {
            yield return tensor([.. rows.OrderBy(row => row >= holdout.Count)
                .Select(row => row < holdout.Count ? holdout[(int)row] : acquired[(int)row - holdout.Count])]);
        }
    }
}
