using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Copies of examples, as web-scraped data have them (paper, App. C: CIFAR-10 with each example five times).</summary>
internal static class Duplication
{
    /// <summary>See <see cref="LabeledDataset.Repeat"/>.</summary>
    public static LabeledDataset Repeat(LabeledDataset data, int copies, long? firstNewId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(copies, 1);
        using IDisposable scope = NewDisposeScope();
        long first = firstNewId ?? data.Ids.max().item<long>() + 1;
        if (first <= data.Ids.max().item<long>())
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstNewId), firstNewId,
                $"The first id of the copies must be larger than every id of the data ({data.Ids.max().item<long>()}).");
        }
        Tensor added = arange(
            Scalars.Of(first), Scalars.Of(first + (copies - 1L) * data.Count), Scalars.One, dtype: int64, device: data.Ids.device);
        Tensor rows = Copies(Scalars.Range(data.Count, int64, data.Ids.device));
        return data.Derive(data.Source.Subset(rows), Copies(data.Labels), cat([data.Ids, added]), Copies, Copies(data.Origins));

        Tensor Copies(Tensor once) => cat([.. Enumerable.Repeat(once, copies)]);
    }
}
