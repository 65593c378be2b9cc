using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Datasets.Images;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Images;

/// <summary>Counts the memory of the process, so nothing else runs beside it.</summary>
[Collection(TakesTheProcess.Name)]
public sealed class StreamingMemoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Memory_does_not_grow_with_epochs(int threads)
    {
        const int Side = 64, ImageBytes = 3 * Side * Side;
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 16, "train", "valid", "test");
        using DatasetSplits splits = KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path)
        {
            ImageSize = Side,
            Stream = new StreamOptions(threads, AheadBytes: 6 * ImageBytes, CacheBytes: 0),
        });
        using var sampler = new ShuffledSampler(splits.Training.Ids, largeBatchSize: 10, seed: 2);
        long managed = 0, tensors = 0, read = 0;
        for (int step = 0; step < 100; step++)
        {
            if (step == 20)   // pools are filled, code is compiled
            {
                managed = GC.GetTotalMemory(forceFullCollection: true);
                tensors = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
                read = 0;
            }
            using IDisposable scope = NewDisposeScope();
            read += splits.Training.Gather(sampler.Next()).Count;
            splits.Training.Prefetch(sampler.Ahead(1, 10)[0].Ids);
        }

        DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount.ShouldBe(tensors);
        long grown = GC.GetTotalMemory(forceFullCollection: true) - managed;
        // If what is read were kept it would be several times the allowance: the test could see it.
        (read * ImageBytes).ShouldBeGreaterThan(4 * Allowance);
        grown.ShouldBeLessThan(Allowance);
    }

    [Fact]
    public void Decoding_takes_the_memory_of_the_pixels_and_a_third_more_for_scaling()
    {
        // 4 bytes a pixel, 100 MB; the levels of which Skia scales have a quarter, a sixteenth … of it. A copy would be 100 MB more.
        const int Side = 5_000;
        File.WriteAllBytes(_folder["large.png"], TestImages.PngOfOneBitPixels(Side, Side, rows: Side));
        ImageDecoder.Decode(_folder["large.png"], 8, new byte[3 * 8 * 8]);
        File.WriteAllText("/proc/self/clear_refs", "5");   // proc(5): the peak is what is resident now
        long before = Status("VmHWM");
        ImageDecoder.Decode(_folder["large.png"], 8, new byte[3 * 8 * 8]);
        (Status("VmHWM") - before).ShouldBeLessThan(4L * Side * Side * 3 / 2);
    }

    /// <summary>A line of /proc/self/status in bytes.</summary>
    private static long Status(string name) =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith($"{name}:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);

    private const long Allowance = 1 << 20;

    public void Dispose() => _folder.Dispose();
}
