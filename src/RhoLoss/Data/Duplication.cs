using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Copies of examples, as web-scraped data have them (paper, App. C: CIFAR-10 with each example five times).</summary>
public static class Duplication
{
    /// <summary>
    /// Every example <paramref name="copies"/> times. Copy 0 keeps its id; copy k ≥ 1 of row r has id first + (k − 1)·N + r. All copies
    /// keep input, label, flags and the id of the original in <see cref="LabeledDataset.Origins"/>. Rows
    /// are whole copies of the set one after another.
    /// </summary>
    /// <param name="data">D; not changed. Its inputs are stored <paramref name="copies"/> times.</param>
    /// <param name="copies">At least 1; 1 changes nothing.</param>
    /// <param name="firstNewId">
    /// "first" above: larger than every id of <paramref name="data"/>. When absent, the largest plus 1; give a larger one where ids must
    /// not meet those of another set, such as the holdout.
    /// </param>
    /// <remarks>
    /// Put label noise into the data before duplicating them: then all copies share the label, wrong or not, as duplicates on the web do.
    /// The other way round each copy would get a label of its own, and a model that has seen the others could tell the wrong one.
    /// </remarks>
    public static LabeledDataset Repeat(LabeledDataset data, int copies, long? firstNewId = null)
    {
        ArgumentNullException.ThrowIfNull(data);
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
