using RhoLoss.Data;
using RhoLoss.Datasets.Names;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Splits;

/// <summary>
/// Shares the examples of each class out between training and holdout in the same proportion, before there is a data set.
/// </summary>
internal static class ClassBalancedSplit
{
    /// <summary>
    /// Rows of the two parts (int64, ascending), drawn by <see cref="StratifiedSplit"/>; each part has every class.
    /// </summary>
    /// <param name="labels">int64, shape [N].</param>
    /// <param name="classes">Number of classes C.</param>
    /// <param name="holdoutFraction">Above 0 and below 1.</param>
    /// <param name="seed">Same seed, same labels: same split.</param>
    /// <param name="name">The file that errors name.</param>
    /// <param name="part">What the second part is, in words.</param>
    /// <param name="key">The key of a recipe that sets the fraction; null where none does.</param>
    /// <param name="classNames">Names of the classes; empty where errors number them.</param>
    /// <param name="origins">int64, shape [N], equal for examples that have to stay together; null where there are none.</param>
    public static (Tensor Training, Tensor Holdout) Of(
        Tensor labels, int classes, double holdoutFraction, long seed,
        string name, string part = "holdout", string? key = "data.holdout-fraction",
        IReadOnlyList<string>? classNames = null, Tensor? origins = null)
    {
        using DisposeScope scope = NewDisposeScope();
        // A split looks at labels only, so the images, of which a set would have to know the normalisation, stay out of it.
        using var labelled = new LabeledDataset(zeros(labels.shape[0], 1), labels.clone(), classes, origins: origins?.clone());
        (Tensor training, Tensor holdout) = StratifiedSplit.Of(labelled, holdoutFraction, seed);
        long[] inTraining = CountByClass(training), inHoldout = CountByClass(holdout);
        for (int c = 0; c < classes; c++)
        {
            if (inTraining[c] == 0 || inHoldout[c] == 0)
            {
                long count = inTraining[c] + inHoldout[c];
                throw new InvalidInputException($"{name}: training and {part} each need an example of every class, "
                    + FormattableString.Invariant($"but the {count} of class {NameOf(c)} were split {inTraining[c]} to {inHoldout[c]}. ")
                    + $"{Twin(c)}{Advice(count)}");
            }
        }
        return scope.MoveToOuter(training, holdout);

        string NameOf(int c) => classNames is null ? $"{c}" : Visible.Shown(classNames[c]);

        // Two spellings of one class may be why one of them is so rare.
        string Twin(int c) => classNames is not null && ClassSpellings.TwinOf(classNames[c], classNames) is { } twin
            ? $"Write it as {Visible.Shown(twin)} if it is meant to be that class. " : "";

        // A single example cannot be split at any fraction, and two can at 0.5.
        string Advice(long count)
        {
            bool moves = key is not null && count > 1 && holdoutFraction != 0.5;
            string give = moves ? FormattableString.Invariant($"Move {key} ({holdoutFraction}) towards 0.5, or give") : "Give";
            return FormattableString.Invariant($"{give} at least {Fewest(holdoutFraction)} of every class.");
        }

        long[] CountByClass(Tensor rows) => [.. labels.index_select(0, rows).bincount(null, classes).data<long>()];
    }

    /// <summary>The fewest examples of a class of which <see cref="StratifiedSplit"/> gives each part one.</summary>
    private static long Fewest(double fraction)
    {
        long count = 2;
        while ((long)Math.Floor(fraction * count + 0.5) is var taken && (taken == 0 || taken == count)) { count++; }
        return count;
    }
}
