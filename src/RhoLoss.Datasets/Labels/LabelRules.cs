using System.Globalization;
using RhoLoss.Datasets.Names;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Labels;

/// <summary>The two rules that every label file has to keep: labels in range, and no class without an example.</summary>
internal static class LabelRules
{
    /// <summary>
    /// Checks labels (int64, shape [N]) against 0..C-1; <paramref name="name"/> is the file that errors name, by class names where there
    /// are any.
    /// </summary>
    public static void Check(Tensor labels, int classes, string name, IReadOnlyList<string>? classNames = null)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor outside = labels.lt(Scalars.Zero).logical_or_(labels.ge(Scalars.Of(classes)));
        if (outside.any().item<bool>())
        {
            long position = outside.to(int64).argmax().item<long>();
            long value = labels[position].item<long>();
            throw new InvalidInputException(
                $"{name}: labels must lie in 0..{classes - 1}, but example {position} has label {value}. "
                + "Correct the file, or read it as a data set with more classes.");
        }
        long[] counts = [.. labels.bincount(null, classes).data<long>()];
        string[] empty = [.. Enumerable.Range(0, classes).Where(c => counts[c] == 0).Select(NameOf)];
        if (empty.Length > 0)
        {
            string which = string.Join(", ", empty.Take(10)) + (empty.Length > 10 ? ", …" : "");
            throw new InvalidInputException(
                $"{name}: each of the {Counted.Of(classes, "class", "classes")} needs at least one example, "
                + $"but {Counted.Word(empty.Length, "class", "classes")} {which} {Counted.Word(empty.Length, "has", "have")} "
                + "none. Give the complete file.");
        }

        string NameOf(int c) =>
            classNames is { Count: > 0 } ? Visible.Shown(classNames[c]) : c.ToString(CultureInfo.InvariantCulture);
    }
}
