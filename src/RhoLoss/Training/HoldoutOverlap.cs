using System.Globalization;
using RhoLoss.Data;

namespace RhoLoss.Training;

/// <summary>
/// Whether a holdout set holds examples of the training set. Losses of a model that was trained on what it judges say what it has
/// memorised, not what is irreducible.
/// </summary>
/// <remarks>
/// Compared are inputs as they are stored, not labels: those of one set may be corrupted. Ids are stable names, so two parts of one data
/// set agree about every id that both have; sets that were numbered apart agree about hardly any. Only where most common ids agree is each
/// of them a shared example, however few there are. Examples that were numbered anew are found by content alone when they are most of the
/// smaller set; inputs that occur more than once in a set prove nothing and do not count.
/// </remarks>
internal static class HoldoutOverlap
{
    /// <summary>Refuses sets that share examples.</summary>
    /// <exception cref="InvalidInputException">The message says how many, and which.</exception>
    public static void Refuse(LabeledDataset holdout, LabeledDataset trainingSet)
    {
        DatasetFingerprint ofHoldout = holdout.Fingerprint, ofTraining = trainingSet.Fingerprint;
        long[] shared = SharedIds(ofHoldout, ofTraining);
        if (shared.Length == 0) { shared = SameContent(ofHoldout, ofTraining); }
        if (shared.Length == 0) { return; }
        string count = shared.Length == holdout.Count ? "all" : shared.Length.ToString(CultureInfo.InvariantCulture);
        string ids = string.Join(", ", shared.Take(5)) + (shared.Length > 5 ? ", …" : "");
        throw new InvalidInputException(
            $"The holdout set must share no example with the training set, but {count} of its {holdout.Count} examples have inputs of the "
            + $"training set (id {ids}): the irreducible-loss model would judge what it has learnt by heart. Take them out of one of the "
            + "sets, or use CrossFit, which needs no holdout.");
    }

    private static long[] SharedIds(DatasetFingerprint holdout, DatasetFingerprint training)
    {
        var inputs = training.Ids.Zip(training.InputHashes).ToDictionary(e => e.First, e => e.Second);
        (long Id, long Input)[] common = [.. holdout.Ids.Zip(holdout.InputHashes).Where(e => inputs.ContainsKey(e.First))];
        long[] agreeing = [.. common.Where(c => inputs[c.Id] == c.Input).Select(c => c.Id)];
        return 2 * agreeing.Length > common.Length ? agreeing : [];
    }

    private static long[] SameContent(DatasetFingerprint holdout, DatasetFingerprint training)
    {
        HashSet<long> once = [.. OccurringOnce(training.InputHashes)], alsoOnce = [.. OccurringOnce(holdout.InputHashes)];
        alsoOnce.IntersectWith(once);
        return 2 * alsoOnce.Count > Math.Min(holdout.Ids.Length, training.Ids.Length)
            ? [.. holdout.Ids.Zip(holdout.InputHashes).Where(e => alsoOnce.Contains(e.Second)).Select(e => e.First)] : [];
    }

    private static IEnumerable<long> OccurringOnce(long[] hashes) => hashes.GroupBy(h => h).Where(g => g.Count() == 1).Select(g => g.Key);
}
