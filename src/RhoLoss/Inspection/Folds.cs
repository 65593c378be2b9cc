using RhoLoss.Data;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Inspection;

/// <summary>
/// Deals a data set into folds of equal size with the same share of every class. What is one example stays in one fold: copies
/// (<see cref="LabeledDataset.Origins"/>), and examples whose stored inputs are equal byte for byte, whatever their labels.
/// </summary>
internal static class Folds
{
    /// <summary>
    /// Different examples of a class that are enough for three folds to have it, so that one of them is left when a model neither trains on
    /// the fold that it judges nor on the one that chooses its checkpoint.
    /// </summary>
    private const int FewestOfAClass = 3;

    /// <summary>Fold of each row, int64, shape [N], on the device of the data. The caller's dispose scope owns it.</summary>
    /// <param name="data">The data set; the class of several equal examples is the label of the first row among them.</param>
    /// <param name="beside">What every model trains on besides; null for nothing.</param>
    /// <param name="folds">Number of folds, at least 3.</param>
    /// <param name="seed">Decides who is in which.</param>
    /// <exception cref="InvalidInputException">A class has too few examples for every model to train on some.</exception>
    public static Tensor Of(LabeledDataset data, LabeledDataset? beside, int folds, long seed)
    {
        using DisposeScope scope = NewDisposeScope();
        int[] first = FirstOfEach(data);
        long[] labels = data.Labels.cpu().data<long>().ToArray();
        int[][] members = new int[data.Classes][];
        ILookup<long, int> byClass = Enumerable.Range(0, labels.Length).Where(row => first[row] == row).ToLookup(row => labels[row]);
        for (int c = 0; c < members.Length; c++) { members[c] = [.. byClass[c]]; }
        RequireEnough(members, beside);
        long[] fold = new long[labels.Length];
        long next = 0;   // goes on from class to class, so that folds differ by one example at most
        for (int c = 0; c < members.Length; c++)
        {
            using Generator generator = Seeding.Stream(seed, c);
            long[] order = randperm(members[c].Length, dtype: int64, generator: generator).cpu().data<long>().ToArray();
            foreach (long position in order) { fold[members[c][position]] = next++ % folds; }
        }
        for (int row = 0; row < fold.Length; row++) { fold[row] = fold[first[row]]; }
        return scope.MoveToOuter(tensor(fold, device: data.Ids.device));
    }

    /// <summary>
    /// The examples of another set without those whose stored inputs are in this one, owned by the caller; null where none is left.
    /// </summary>
    public static LabeledDataset? Apart(LabeledDataset? others, LabeledDataset data)
    {
        if (others is null) { return null; }
        HashSet<long> known = [.. data.Fingerprint.InputHashes];
        DatasetFingerprint found = others.Fingerprint;
        long[] ids = [.. found.Ids.Zip(found.InputHashes).Where(other => !known.Contains(other.Second)).Select(other => other.First)];
        if (ids.Length == 0) { return null; }
        using IDisposable scope = NewDisposeScope();
        return others.Subset(tensor(ids, device: others.Ids.device));
    }

    /// <summary>For each row the first row that is the same example.</summary>
    private static int[] FirstOfEach(LabeledDataset data)
    {
        using IDisposable scope = NewDisposeScope();
        int[] parent = [.. Enumerable.Range(0, data.Count)];
        DatasetFingerprint found = data.Fingerprint;
        long[] rows = data.RowsOf(tensor(found.Ids, device: data.Ids.device)).cpu().data<long>().ToArray();
        long[] hashes = new long[rows.Length];
        for (int i = 0; i < rows.Length; i++) { hashes[rows[i]] = found.InputHashes[i]; }
        Join(hashes);
        Join([.. data.Origins.cpu().data<long>()]);
        return [.. parent.Select((_, row) => Find(row))];

        void Join(long[] keys)
        {
            var seen = new Dictionary<long, int>(keys.Length);
            for (int row = 0; row < keys.Length; row++)
            {
                if (seen.TryAdd(keys[row], row)) { continue; }
                (int one, int other) = (Find(seen[keys[row]]), Find(row));
                parent[Math.Max(one, other)] = Math.Min(one, other);
            }
        }

        int Find(int row)
        {
            while (parent[row] != row) { row = parent[row] = parent[parent[row]]; }
            return row;
        }
    }

    private static void RequireEnough(int[][] members, LabeledDataset? beside)
    {
        long[]? more = beside?.CountByClass();
        for (int c = 0; c < members.Length; c++)
        {
            if (members[c].Length >= FewestOfAClass || (c < more?.Length && more[c] > 0)) { continue; }
            throw new InvalidInputException(
                $"Each class must have at least {FewestOfAClass} different examples, so that every model that judges labels has trained on "
                + $"some of them, but class {c} has {members[c].Length}. Give more examples of it, or leave the class out.");
        }
    }
}
