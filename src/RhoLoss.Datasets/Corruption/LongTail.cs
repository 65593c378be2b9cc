using RhoLoss.Data;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Corruption;

/// <summary>
/// Imbalanced classes made from balanced ones (Cui et al., CVPR 2019, "Class-Balanced Loss Based on Effective Number of Samples").
/// </summary>
public static class LongTail
{
    /// <summary>
    /// Class c keeps ⌊n_max · ratio^(−c / (C − 1))⌋ of its examples, n_max being the size of the largest class; at least one, and
    /// all where it has no more. Class 0 is the most frequent, class C − 1 the rarest: the order of the labels, as in Cui et al., so
    /// that every set that is cut this way (training set, holdout) has the same frequent classes whatever its seed.
    /// </summary>
    /// <param name="data">Not changed. Cut it before noise and duplication are put in.</param>
    /// <param name="ratio">Most frequent to rarest class, at least 1; 1 keeps every example of a balanced set.</param>
    /// <param name="seed">Decides which examples of a class stay.</param>
    /// <returns>The kept examples in row order, with their ids, origins and flags.</returns>
    public static LabeledDataset Exponential(LabeledDataset data, double ratio, long seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.RequireClasses("A long tail");
        if (!(ratio >= 1 && double.IsFinite(ratio)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(ratio), ratio, "The ratio of the most frequent to the rarest class must be a number of at least 1.");
        }
        using IDisposable scope = NewDisposeScope();
        Tensor labels = data.Labels.cpu();
        long largest = data.CountByClass().Max();
        long mixed = Seeding.Of(seed, Purpose.LongTail);   // a split of the same seed draws from the streams of the classes too
        Tensor kept = zeros(data.Count, dtype: @bool);
        for (int c = 0; c < data.Classes; c++)
        {
            Tensor members = labels.eq(Scalars.Of(c)).nonzero().flatten();
            using Generator generator = Seeding.Stream(mixed, c);
            long count = CountOf(c, data.Classes, largest, ratio);
            Tensor drawn = randperm(members.shape[0], dtype: int64, generator: generator).slice(0, 0, count, 1);
            kept.index_fill_(0, members.index_select(0, drawn), Scalars.Of(true));
        }
        return data.Subset(data.Ids.masked_select(kept.to(data.Ids.device)));
    }

    private static long CountOf(int c, int classes, long largest, double ratio) =>
        Math.Max(1, (long)Math.Floor(largest * Math.Pow(ratio, -c / Math.Max(1.0, classes - 1)) + 1e-9));   // 3 · 3^(−1) must not be 0.99…
}
