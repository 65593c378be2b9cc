using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Makes tensors of rows that come one by one.</summary>
internal static class RowReader
{
    /// <summary>Inputs (float32, shape [N, …]) and labels (int64, shape [N]) of the rows, in their order.</summary>
    /// <exception cref="ArgumentException">A row does not fit; the message names it, counting from 0.</exception>
    public static (Tensor Inputs, Tensor Labels) Read<TRow>(
        IEnumerable<TRow> rows, Func<TRow, float[]> input, Func<TRow, long> label, int classes, long[] shape)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(label);
        ArgumentNullException.ThrowIfNull(shape);
        long width = shape.Aggregate(1L, (product, side) => product * side);
        List<float> inputs = [];
        List<long> labels = [];
        foreach (TRow row in rows)
        {
            float[] numbers = input(row);
            long its = label(row);
            if (numbers.Length != width)
            {
                throw new ArgumentException(
                    $"Row {labels.Count} has {Counted.Of(numbers.Length, "number")}, "
                    + $"but the shape [{string.Join(", ", shape)}] needs {width}.", nameof(input));
            }
            if (its < 0 || its >= classes)
            {
                throw new ArgumentException($"Row {labels.Count} has label {its}, but labels lie in 0..{classes - 1}.", nameof(label));
            }
            inputs.AddRange(numbers);
            labels.Add(its);
        }
        if (labels.Count == 0) { throw new ArgumentException("There is no row to make a data set of.", nameof(rows)); }
        return (tensor(inputs.ToArray()).reshape([labels.Count, .. shape]), tensor(labels.ToArray()));
    }
}
