using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>What is trained on while it is timed: random images, labels and irreducible losses. What they show changes no time.</summary>
internal sealed class BenchmarkData : IDisposable
{
    private const long MostBytes = 1L << 28;   // of real images: fewer of them where they are large
    private const int LargeBatches = 10;   // whole ones: every step does the same work

    public BenchmarkData(IReadOnlyList<long> shape, int classes, int largeBatch)
    {
        using IDisposable scope = NewDisposeScope();
        using Generator generator = Seeding.Stream(0, 0);
        int examples = LargeBatches * largeBatch;
        Training = new LabeledDataset(
            randint(0, 256, [examples, .. shape], dtype: uint8, generator: generator),
            randint(0, classes, [examples], dtype: int64, generator: generator),
            classes,
            normalization: new Normalization(
                [.. shape.Take(1).SelectMany(c => Enumerable.Repeat(0.5f, (int)c))],
                [.. shape.Take(1).SelectMany(c => Enumerable.Repeat(0.25f, (int)c))]));
        IrreducibleLosses = IrreducibleLosses.From(
            rand(examples, generator: generator), Training, new IrreducibleLossFacts("random", "holdout", 0, 1, 0, 0, 0));
    }

    public LabeledDataset Training { get; }

    public IrreducibleLosses IrreducibleLosses { get; }

    /// <summary>The built-in images in the shape of a model: grey as they are, or with a margin and the same in every channel.</summary>
    public static LabeledDataset RealImages(IReadOnlyList<long> shape)
    {
        using IDisposable scope = NewDisposeScope();
        using DatasetSplits splits = KnownDatasets.Load(KnownDatasets.All[0].Name);
        using LabeledDataset data = splits.Training.Subset(
            splits.Training.Ids.slice(0, 0, Math.Min(splits.Training.Count, MostBytes / shape.Aggregate((a, d) => a * d)), 1));
        long margin = (shape[1] - data.InputShape[1]) / 2;
        Tensor images = nn.functional.pad(data.StoredInputs.to(float32), [margin, margin, margin, margin])
            .to(uint8)
            .expand([data.Count, .. shape])
            .contiguous();
        return new LabeledDataset(images, data.Labels.clone(), data.Classes, normalization: Normalization.Of(images));
    }

    public void Dispose()
    {
        IrreducibleLosses.Dispose();
        Training.Dispose();
    }
}
