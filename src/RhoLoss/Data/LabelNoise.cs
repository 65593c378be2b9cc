using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Controlled label noise (paper, Section 4.3 and App. C). Corrupt first, then train the IL model and every arm on the result.</summary>
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
        if (!(fraction >= 0 && fraction <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The fraction of corrupted labels must lie between 0 and 1.");
        }
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Create(seed, Seeding.Noise);
        int drawn = (int)Math.Floor(fraction * data.Count + 1e-9);   // 0.1 · 30 is 3.0000000000000004 or 2.9999999999999996
        Tensor rows = randperm(data.Count, dtype: int64, generator: generator).slice(0, 0, drawn, 1);
        Tensor replacement = randint(0, data.Classes, [drawn], dtype: int64, generator: generator);

        Tensor labels = data.Labels.cpu().clone();
        labels.index_copy_(0, rows, replacement);
        Tensor corrupted = zeros(data.Count, dtype: @bool);
        corrupted.index_fill_(0, rows, true);

        LabeledDataset noisy = data.WithLabels(labels.to(data.Labels.device));
        noisy.SetFlag(ExampleFlags.Corrupted, corrupted.to(data.Labels.device));
        noisy.SetFlag(ExampleFlags.LabelChanged, labels.to(data.Labels.device).ne(data.Labels));
        return noisy;
    }
}
