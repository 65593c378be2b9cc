using RhoLoss.Data;
using RhoLoss.NGrams;

namespace RhoLoss.Selection;

/// <summary>
/// Estimates which share of a pool is like a sample. Each quarter of the sample is left out in turn: its relevance, by n-grams of the
/// other three quarters and of the pool, says how sequences score that are wanted but were not counted; the share of the pool that
/// scores at least as high as all but the lowest twentieth of them, over 0.95, is the estimate. Quarters are of neighbouring rows, so that
/// parts of one document are seldom on both sides. Too high where what is not wanted looks much like what is, too low where the sample is
/// narrower than what is wanted.
/// </summary>
internal static class RelevantShare
{
    private const int Folds = 4, LeastSequences = 2 * Folds, LookedAt = 4096;
    private const double LeftBelow = 0.05;
    private const long CountedTokens = 1_000_000;

    public static double Estimate(LabeledDataset sample, LabeledDataset pool, NGramOptions options)
    {
        ReadOnlyMemory<long>[] wanted = [.. SequenceRows.Of(sample)];
        if (wanted.Length < LeastSequences)
        {
            throw new InvalidInputException(
                $"To estimate which share of the pool is like the sample, at least {LeastSequences} sequences of the sample are needed, "
                + $"but it has {wanted.Length}. Give more text, or shorter sequences.");
        }
        ReadOnlyMemory<long>[] counted = [.. SequenceRows.Of(pool, SequenceRows.StepFor(pool, CountedTokens))];
        ReadOnlyMemory<long>[] others = [.. SequenceRows.Of(pool, Math.Max(1, (pool.Count + LookedAt - 1) / LookedAt), first: 1)];
        if (others.Length == 0) { others = counted; }   // a pool of one sequence
        double sum = 0;
        for (int fold = 0; fold < Folds; fold++)
        {
            Range left = (fold * wanted.Length / Folds)..((fold + 1) * wanted.Length / Folds);
            MooreLewis models = MooreLewis.Of([.. wanted[..left.Start], .. wanted[left.End..]], counted, options);
            double[] known = [.. wanted[left].Select(row => models.Score(row.Span)).Order()];
            double bound = known[(int)(LeftBelow * known.Length)];
            sum += others.Count(row => models.Score(row.Span) >= bound) / (double)others.Length / (1 - LeftBelow);
        }
        return Math.Min(1, sum / Folds);
    }
}
