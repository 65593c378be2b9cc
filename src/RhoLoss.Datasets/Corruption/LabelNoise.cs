using RhoLoss.Data;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Corruption;

/// <summary>
/// Controlled label noise (paper, Section 4.3 and App. C). Corrupt first, then train the IL model and every arm on the result.
/// </summary>
/// <example>
/// <code>
/// using LabeledDataset noisy = LabelNoise.Uniform(data, fraction: 0.4, seed: 1);
/// Tensor wrong = noisy.Flag(ExampleFlags.Corrupted)!;
/// </code>
/// </example>
public static class LabelNoise
{
    /// <summary>
    /// floor(p·N) examples, drawn without replacement, get a label drawn uniformly over all C classes, the true one included.
    /// The result carries the flags <see cref="ExampleFlags.Corrupted"/> (drawn) and <see cref="ExampleFlags.LabelChanged"/> (different).
    /// </summary>
    /// <param name="data">The clean data; not changed.</param>
    /// <param name="fraction">p, from 0 to 1.</param>
    /// <param name="seed">Same seed, same data: same corruption.</param>
    public static LabeledDataset Uniform(LabeledDataset data, double fraction, long seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.RequireClasses("Label noise");
        if (!(fraction >= 0 && fraction <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The fraction of corrupted labels must lie between 0 and 1.");
        }
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Create(seed, Purpose.Noise);
        int drawn = (int)Math.Floor(fraction * data.Count + 1e-9);   // 0.1 · 30 is 3.0000000000000004 or 2.9999999999999996
        Tensor rows = randperm(data.Count, dtype: int64, generator: generator).slice(0, 0, drawn, 1);
        Tensor replacement = randint(0, data.Classes, [drawn], dtype: int64, generator: generator);

        Tensor labels = data.Labels.cpu().clone();
        labels.index_copy_(0, rows, replacement);
        Tensor corrupted = zeros(data.Count, dtype: @bool);
        corrupted.index_fill_(0, rows, Scalars.Of(true));
        return Relabelled(data, labels, corrupted);
    }

    /// <summary>
    /// Confusions as people make them: each example of the most confused classes gets, with probability p and whatever its row, the label
    /// of the class that its own is most often taken for. Confusion of class i: max over j ≠ i of <paramref name="confusion"/>[i, j]. Every
    /// drawn example gets a wrong label, so <see cref="ExampleFlags.Corrupted"/> and <see cref="ExampleFlags.LabelChanged"/> are equal.
    /// </summary>
    /// <param name="data">The clean data; not changed.</param>
    /// <param name="confusion">
    /// Counts by true class (row) and predicted class (column), int64, shape [C, C]; of one model for every set of a comparison.
    /// </param>
    /// <param name="seed">Same seed, same data, same confusion: same corruption.</param>
    /// <param name="classes">
    /// How many classes are flipped: those of the largest confusion, of equal ones the lower label; the paper's 4.
    /// </param>
    /// <param name="probability">p, from 0 to 1; the paper's 0.5.</param>
    /// <exception cref="InvalidInputException">Fewer than <paramref name="classes"/> classes were ever confused.</exception>
    public static LabeledDataset Structured(LabeledDataset data, Tensor confusion, long seed, int classes = 4, double probability = 0.5)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.RequireClasses("Label noise");
        if (!(probability >= 0 && probability <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(probability), probability, "The probability of a flipped label must lie between 0 and 1.");
        }
        IReadOnlyList<(int Class, int TakenFor)> pairs = MostConfused(confusion, data.Classes, classes);
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Create(seed, Purpose.StructuredNoise);
        Tensor labels = data.Labels.cpu();
        Tensor takenFor = Scalars.Range(data.Classes, int64);
        foreach ((int c, int other) in pairs) { takenFor[c] = other; }
        Tensor flipped = takenFor.index_select(0, labels);
        Tensor corrupted = rand(data.Count, generator: generator).lt(Scalars.Of(probability)).logical_and_(flipped.ne(labels));
        return Relabelled(data, where(corrupted, flipped, labels), corrupted);
    }

    /// <summary>The classes with the largest off-diagonal count and the class each is most often taken for, most confused first.</summary>
    internal static IReadOnlyList<(int Class, int TakenFor)> MostConfused(Tensor confusion, int of, int classes)
    {
        ArgumentNullException.ThrowIfNull(confusion);
        if (confusion.dtype != ScalarType.Int64 || !confusion.shape.AsSpan().SequenceEqual([of, of]))
        {
            throw new ArgumentException(
                $"A confusion matrix of {of} classes must be int64 of shape [{of}, {of}], "
                + $"but is {confusion.dtype} of shape [{string.Join(", ", confusion.shape)}].", nameof(confusion));
        }
        if (classes < 1 || classes > of)
        {
            throw new ArgumentOutOfRangeException(nameof(classes), classes, $"Between 1 and all {of} classes can be flipped.");
        }
        using IDisposable scope = NewDisposeScope();
        long[] counts = [.. confusion.cpu().contiguous().data<long>()];
        (int Class, int TakenFor, long Count)[] confused =
        [
            .. Enumerable.Range(0, of)
                .Select(i => Enumerable.Range(0, of)
                    .Where(j => j != i)
                    .Select(j => (Class: i, TakenFor: j, Count: counts[i * of + j]))
                    .MaxBy(pair => pair.Count))
                .Where(pair => pair.Count > 0)
                .OrderByDescending(pair => pair.Count)   // stable, and MaxBy takes the first: the lower label wins
                .Take(classes),
        ];
        return confused.Length == classes ? [.. confused.Select(pair => (pair.Class, pair.TakenFor))]
            : throw new InvalidInputException(
                $"Structured noise flips the {classes} most confused classes, "
                + $"but the confusion matrix has errors in {confused.Length} only. "
                + "Count it on more examples, with a weaker model, or flip fewer classes.");
    }

    private static LabeledDataset Relabelled(LabeledDataset data, Tensor labels, Tensor corrupted)
    {
        Tensor placed = labels.to(data.Labels.device);
        LabeledDataset noisy = data.WithLabels(placed);
        noisy.SetFlag(ExampleFlags.Corrupted, corrupted.to(data.Labels.device));
        noisy.SetFlag(ExampleFlags.LabelChanged, placed.ne(data.Labels));
        return noisy;
    }
}
