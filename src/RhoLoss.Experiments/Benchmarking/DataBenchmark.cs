using System.Diagnostics;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>How fast image files become batches on this machine.</summary>
/// <param name="Folder">The folder of images; null when they were generated.</param>
/// <param name="Images">Images read in each measurement: the training part of the folder.</param>
/// <param name="ImageSize">Side in pixels at which they are read.</param>
/// <param name="Rows">One row for each number of loader threads, from 1.</param>
public sealed record DataBenchmarkReport(string? Folder, int Images, int ImageSize, IReadOnlyList<DataBenchmarkRow> Rows);

/// <summary>One number of loader threads.</summary>
/// <param name="Threads">Threads that decode.</param>
/// <param name="ImagesPerSecond">Images decoded, augmented and normalised in a second.</param>
/// <param name="ImagesPerSecondPerThread">The same over the number of threads.</param>
/// <param name="WaitShare">
/// Share of a training loop's seconds spent waiting for images. Its network is an MLP of 64 hidden units scored by train loss: a larger one
/// leaves more time to decode, so its share is at most this.
/// </param>
public sealed record DataBenchmarkRow(int Threads, double ImagesPerSecond, double ImagesPerSecondPerThread, double WaitShare);

/// <summary>Measures decoding: <c>rho bench --data</c>.</summary>
public static class DataBenchmark
{
    private const int Generated = 80, LargeBatch = 64, Batch = 8, Steps = 8;

    /// <summary>
    /// Measures 1 to <paramref name="threads"/> loader threads on a folder of images, or on generated JPEG files of 500×375 pixels.
    /// </summary>
    /// <param name="folder">As the data set image-folder reads it; null for generated files.</param>
    /// <param name="threads">Largest number of threads, at least 1.</param>
    /// <param name="report">Told what is being measured.</param>
    /// <param name="cancellation">Stops between measurements.</param>
    /// <exception cref="InvalidInputException">The folder holds no set of images, or one of them is damaged.</exception>
    public static DataBenchmarkReport Run(string? folder, int threads, Action<string> report, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (threads < 1) { throw new InvalidInputException($"--threads must be at least 1, but was {threads}."); }
        using GeneratedImages? generated = folder is null ? new GeneratedImages(Generated) : null;
        var rows = new List<DataBenchmarkRow>();
        int images = 0, size = 0;
        Measure(threads, warmUp: true);   // files into the system's cache, code through the compiler
        for (int count = 1; count <= threads; count++)
        {
            cancellation.ThrowIfCancellationRequested();
            report(FormattableString.Invariant($"{count} of {Counted.Of(threads, "loader thread")}"));
            rows.Add(Measure(count, warmUp: false));
        }
        return new DataBenchmarkReport(folder, images, size, rows);

        DataBenchmarkRow Measure(int count, bool warmUp)
        {
            var options = new DatasetOptions(folder ?? generated!.Folder, HoldoutFraction: 0) { Stream = new StreamOptions(count) };
            using DatasetSplits splits = KnownDatasets.Load("image-folder", options);
            images = splits.Training.Count;
            size = (int)splits.Training.InputShape[^1];
            double rate = images / SecondsOfAnEpoch(splits.Training);
            return new DataBenchmarkRow(count, rate, rate / count, warmUp ? 0 : WaitShare(splits.Training));
        }
    }

    private static double SecondsOfAnEpoch(LabeledDataset data)
    {
        var augmentation = new CropAndFlip(padding: 4, seed: 0);
        using var sampler = new ShuffledSampler(data.Ids, LargeBatch, seed: 0);
        long started = Stopwatch.GetTimestamp();
        for (int step = sampler.StepsPerEpoch; step > 0; step--)
        {
            using IDisposable scope = NewDisposeScope();
            LargeBatch largeBatch = sampler.Next();
            if (step > 1) { data.Prefetch(cat([largeBatch.Ids, sampler.Ahead(1, LargeBatch)[0].Ids])); }
            data.Gather(largeBatch, augmentation);
        }
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double WaitShare(LabeledDataset data)
    {
        using var model = new Mlp(data.InputShape.Aggregate(1L, (a, d) => a * d), [64], data.Classes, seed: 0);
        using var trainer = new Trainer(model, data, SelectionFunctions.TrainLoss, null,
            new TrainerOptions { BatchSize = Batch, LargeBatchSize = LargeBatch }, new CropAndFlip(padding: 4, seed: 0));
        double before = data.DataWaitSeconds;
        for (int step = 0; step < Steps; step++) { trainer.Step(); }
        return (data.DataWaitSeconds - before) / trainer.Seconds;
    }
}
