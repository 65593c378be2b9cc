using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// Splits a data set at random with the same share of every class on both sides. Copies of one
/// example (<see cref="LabeledDataset.Origins"/>) stay together: a model that trained on one part has
/// seen no example of the other, not even as a copy.
/// </summary>
/// <example>
/// <code>
/// (Tensor first, Tensor second) = StratifiedSplit.Of(data, fraction: 0.2, seed: 1);
/// using LabeledDataset held = data.Subset(first), training = data.Subset(second);
/// </code>
/// </example>
public static class StratifiedSplit
{
    /// <summary>
    /// Ids (int64) of the two parts: of the n_c originals of each class c, ⌊fraction · n_c + ½⌋ go to the second with all their copies.
    /// The class of an original is the label of its first row; where labels are no classes, all are of one. Each part is in the row order
    /// of <paramref name="data"/>. The caller's dispose scope owns both.
    /// </summary>
    public static (Tensor First, Tensor Second) Of(LabeledDataset data, double fraction, long seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!(fraction > 0 && fraction < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "A split needs a fraction between 0 and 1.");
        }
        using DisposeScope scope = NewDisposeScope();
        (Tensor firstRow, Tensor original) = Originals(data.Origins.cpu());
        Tensor classes = data.Classes > 0 ? data.Labels.cpu().index_select(0, firstRow) : zeros(firstRow.shape[0], dtype: int64);
        Tensor second = zeros(firstRow.shape[0], dtype: @bool);
        for (int c = 0; c < Math.Max(1, data.Classes); c++)
        {
            Tensor members = classes.eq(Scalars.Of(c)).nonzero().flatten();
            using Generator generator = Seeding.Stream(seed, c);
            long count = (long)Math.Floor(fraction * members.shape[0] + 0.5);
            Tensor drawn = randperm(members.shape[0], dtype: int64, generator: generator).slice(0, 0, count, 1);
            second.index_fill_(0, members.index_select(0, drawn), Scalars.Of(true));
        }
        Tensor mask = second.index_select(0, original).to(data.Ids.device);
        return scope.MoveToOuter(data.Ids.masked_select(mask.logical_not()), data.Ids.masked_select(mask));
    }

    /// <summary>
    /// First row of each original, ascending, shape [originals]; and for each row which of them it is a copy of, shape [N].
    /// </summary>
    private static (Tensor FirstRow, Tensor Original) Originals(Tensor origins)
    {
        long n = origins.shape[0];
        (Tensor sorted, Tensor rows) = sort(origins, stable: true);   // stable: of equal origins the first row comes first
        Tensor isFirst = cat([ones(1, dtype: @bool), sorted.slice(0, 1, n, 1).ne(sorted.slice(0, 0, n - 1, 1))]);
        Tensor unique = sorted.masked_select(isFirst);
        (Tensor firstRow, Tensor order) = sort(rows.masked_select(isFirst));
        Tensor numberOfUnique = argsort(order);                        // the number, in row order, of each sorted origin
        return (firstRow, numberOfUnique.index_select(0, searchsorted(unique, origins)));
    }
}
