using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Splits a data set at random with the same share of every class on both sides.</summary>
public static class StratifiedSplit
{
    /// <summary>
    /// Ids (int64) of the two parts: ⌊fraction · n_c + ½⌋ of the n_c examples of each class c go to the second. Each part is in the row
    /// order of <paramref name="data"/>. The caller's dispose scope owns both.
    /// </summary>
    public static (Tensor First, Tensor Second) Of(LabeledDataset data, double fraction, long seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!(fraction > 0 && fraction < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "A split needs a fraction between 0 and 1.");
        }
        using DisposeScope scope = NewDisposeScope();
        Tensor second = zeros(data.Count, dtype: @bool);
        for (int c = 0; c < data.Classes; c++)
        {
            Tensor members = data.Labels.cpu().eq(c).nonzero().flatten();
            using Generator generator = Seeding.Create(seed, c);
            long count = (long)Math.Floor(fraction * members.shape[0] + 0.5);
            Tensor drawn = randperm(members.shape[0], dtype: int64, generator: generator).slice(0, 0, count, 1);
            second.index_fill_(0, members.index_select(0, drawn), true);
        }
        Tensor mask = second.to(data.Ids.device);
        return scope.MoveToOuter(data.Ids.masked_select(mask.logical_not()), data.Ids.masked_select(mask));
    }
}
