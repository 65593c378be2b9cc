using RhoLoss.Data;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Corruption;

/// <summary>
/// Classes that are rare, and so matter less for the test loss (paper, Section 4.3: CIFAR-100
/// Relevance, 20 classes whole and 6 % of the other 80).
/// </summary>
public static class Relevance
{
    /// <summary>
    /// Keeps <paramref name="wholeClasses"/> random classes whole and ⌊share · n_c + ½⌋, at least one, of the n_c examples of
    /// every other class c. The kept examples of those other classes carry <see cref="ExampleFlags.LowRelevance"/>.
    /// </summary>
    /// <param name="data">Not changed.</param>
    /// <param name="wholeClasses">At least 1 and fewer than the classes of <paramref name="data"/>; 20 in the paper.</param>
    /// <param name="share">Above 0 and at most 1; 0.06 in the paper.</param>
    /// <param name="seed">
    /// Decides which classes stay whole: give training set and holdout the same one, so that both are skewed the same way.
    /// </param>
    /// <param name="stream">Decides, with the seed, which examples of the other classes stay; one for each part of a set.</param>
    /// <returns>The kept examples in row order, with their ids, origins and flags.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number breaks its rule.</exception>
    public static LabeledDataset Skew(LabeledDataset data, int wholeClasses, double share, long seed, long stream = 0)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.RequireClasses("Relevance");
        if (wholeClasses < 1 || wholeClasses >= data.Classes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(wholeClasses), wholeClasses,
                $"The classes that stay whole must number at least 1 and at most {data.Classes - 1}, "
                + $"so that some of the {data.Classes} classes are left to thin out.");
        }
        if (!(share > 0 && share <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(share), share, "The share that is kept of the other classes must be above 0 and at most 1.");
        }
        using IDisposable scope = NewDisposeScope();
        Tensor labels = data.Labels.cpu();
        long mixed = Seeding.Of(seed, Purpose.Relevance);
        using Generator classGenerator = Seeding.Stream(mixed, -1);   // classes count from 0 below
        Tensor drawn = randperm(data.Classes, dtype: int64, generator: classGenerator).slice(0, 0, wholeClasses, 1);
        HashSet<long> whole = [.. drawn.data<long>()];
        long examples = Seeding.Mix(mixed, stream);
        Tensor kept = zeros(data.Count, dtype: @bool), low = zeros(data.Count, dtype: @bool);
        for (int c = 0; c < data.Classes; c++)
        {
            Tensor members = labels.eq(Scalars.Of(c)).nonzero().flatten();
            long count = members.shape[0];
            if (count == 0) { continue; }
            if (!whole.Contains(c))
            {
                using Generator generator = Seeding.Stream(examples, c);
                long stay = Math.Max(1, (long)Math.Floor(share * count + 0.5));
                members = members.index_select(0, randperm(count, dtype: int64, generator: generator).slice(0, 0, stay, 1));
                low.index_fill_(0, members, Scalars.Of(true));
            }
            kept.index_fill_(0, members, Scalars.Of(true));
        }
        LabeledDataset skewed = data.Subset(data.Ids.masked_select(kept.to(data.Ids.device)));
        skewed.SetFlag(ExampleFlags.LowRelevance, low.masked_select(kept).to(data.Ids.device));
        return skewed;
    }
}
