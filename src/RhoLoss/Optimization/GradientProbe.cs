using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// Whether a parameter's gradient is still a view of the flat gradients, found out on any device: numbers written through the flat tensor
/// are read through the gradient. Waits for the device, so it is asked at the first step and then now and again.
/// </summary>
internal sealed class GradientProbe
{
    /// <summary>Steps from one look to the next; an epoch of the paper's CIFAR-10 runs has 156 (50,000 / 320).</summary>
    public const int Every = 200;

    private long _asked;

    /// <summary>Whether this step is one to look in.</summary>
    public bool IsDue => _asked++ % Every == 0;

    /// <summary>The first entry whose gradient is none of the range's; null where all follow what is written.</summary>
    /// <param name="gradients">Each range's gradients, an entry of the range and the gradient of its parameter.</param>
    public static FlatEntry? Detached(IReadOnlyList<(FlatRange Range, FlatEntry Entry, Tensor Gradient)> gradients)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor[] read = [.. gradients.SelectMany(g => Read(g.Range, g.Entry, g.Gradient))];
        float[] numbers = cat(read).cpu().data<float>().ToArray();
        int detached = Enumerable.Range(0, gradients.Count)
            .FirstOrDefault(i => !(numbers[2 * i] == 0 && numbers[2 * i + 1] == 1), -1);
        return detached < 0 ? null : gradients[detached].Entry;
    }

    /// <summary>What the gradient's first number is after 0 and after 1 was written in its place; the number itself is put back.</summary>
    private static Tensor[] Read(FlatRange range, FlatEntry entry, Tensor gradient)
    {
        Tensor place = range.Gradients!.narrow(0, entry.Start - range.Start, 1), before = place.clone(), first = gradient;
        while (first.dim() > 0) { first = first.select(0, 0); }
        Tensor Written(Scalar number)
        {
            place.fill_(number);
            return first.to(float32, copy: true).reshape(1);
        }

        Tensor zero = Written(Scalars.Zero), one = Written(Scalars.One);
        place.copy_(before);
        return [zero, one];
    }
}
