using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Serialization;
using RhoLoss.Datasets;
using RhoLoss.Experiments.Plots;
using TorchSharp;
using static System.FormattableString;

namespace RhoLoss.Cli.Doctor;

/// <summary>One thing that was looked at. <c>Path</c>: how convolutions are computed, of that finding alone.</summary>
internal sealed record Finding(
    string Subject, bool Ok, string Text, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Path = null);

/// <summary>Looks at what training needs. Every check tries the thing itself, none only asks for a version.</summary>
internal static class Examination
{
    private const long NeededBytes = 1L << 30;

    public static IEnumerable<Finding> Run()
    {
        Finding native = Try("native library", NativeLibrary);
        yield return native;
        if (native.Ok) { yield return ConvolutionProcess.Look(); }
        if (native.Ok) { yield return Try("device", () => DeviceCheck.Look().ToString()); }
        if (native.Ok) { yield return Try("threads", Threads); }
        if (native.Ok && OperatingSystem.IsLinux()) { yield return Try("memory", MemoryReuse); }
        yield return new Finding("instruction sets", true, InstructionSets());
        yield return Try("fonts", Fonts);
        yield return Try("disk", Disk);
        foreach (DatasetDescription set in KnownDatasets.All)
        {
            // A set that is absent is no fault: only the embedded one is needed, and it has to load.
            if (set.ReadFromFolder) { continue; }   // only the user knows where
            string? place = KnownDatasets.PlaceOf(set.Name);
            yield return place is null
                ? new Finding("data", true, $"{set.Name}: not here (rho data get {set.Name})")
                : Try("data", () => $"{set.Name}: {place}");
        }
        yield return Try("data", EmbeddedData);
    }

    private static Finding Try(string subject, Func<string> look)
    {
        try
        {
            return new Finding(subject, true, look());
        }
        catch (Exception e)
        {
            return new Finding(subject, false, (e.InnerException ?? e).Message);
        }
    }

    private static string NativeLibrary()
    {
        using IDisposable scope = torch.NewDisposeScope();
        float sum = torch.ones(3).sum().item<float>();
        if (sum != 3) { throw new InvalidOperationException(Invariant($"LibTorch computes 1 + 1 + 1 = {sum}.")); }
        return $"LibTorch {torch.__version__} loads and computes; TorchSharp {typeof(torch).Assembly.GetName().Version}; "
            + $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}";
    }

    private static string Threads()
    {
        using IDisposable scope = torch.NewDisposeScope();
        torch.Tensor a = torch.rand(512, 512);
        int cores = Environment.ProcessorCount;
        string times = string.Join(", ", new[] { 1, cores }.Distinct().Select(n =>
        {
            torch.set_num_threads(n);
            for (int warmUp = 0; warmUp < 3; warmUp++) { a.mm(a).Dispose(); }
            double best = Enumerable.Range(0, 10).Min(_ =>
            {
                long start = Stopwatch.GetTimestamp();
                a.mm(a).Dispose();
                return Stopwatch.GetElapsedTime(start).TotalSeconds;
            });
            return Invariant($"{2e-9 * 512 * 512 * 512 / best:0} GFLOP/s on {n}");
        }));
        return Invariant($"{Counted.Of(cores, "core")}; 512³ float32 matrix product {times}; ")
            + Invariant($"OMP_WAIT_POLICY={Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? "unset"}");
    }

    /// <summary>
    /// The fewest new pages of many tensors: while other threads of the starting program allocate too, the C library's heap takes
    /// up to ten tensors to settle.
    /// </summary>
    private static string MemoryReuse()
    {
        const long Numbers = 16L << 20;   // 64 MiB
        const int Tensors = 32;
        torch.set_num_threads(1);         // page faults are counted for one thread
        long faults = Enumerable.Range(0, Tensors).Min(_ =>
        {
            long before = PageFaults();
            torch.zeros(Numbers).Dispose();
            return PageFaults() - before;
        });
        return faults < Numbers * sizeof(float) / Environment.SystemPageSize / 2
            ? Invariant($"tensors of 64 MiB reuse the memory of freed ones ({faults} page faults)")
            : Invariant($"every tensor of 64 MiB is new memory ({faults} page faults), which slows large batches down; ")
                + "in your own program call NativeMemory.ReuseLargeBlocks()";
    }

    /// <summary>
    /// Pages this thread touched for the first time: field 10 of its stat file (proc(5)), counted
    /// after the name in parentheses, which is field 2.
    /// </summary>
    private static long PageFaults()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[10 - 3], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string InstructionSets()
    {
        string[] found =
        [
            .. new (string Name, bool Here)[]
            {
                ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-512F", Avx512F.IsSupported),
                ("AVX-512 BF16", CpuFlag("avx512_bf16")), ("AMX BF16", CpuFlag("amx_bf16")),
            }.Where(s => s.Here).Select(s => s.Name),
        ];
        string list = found.Length == 0 ? RuntimeInformation.ProcessArchitecture.ToString() : string.Join(", ", found);
        return CpuFlag("avx512_bf16") || CpuFlag("amx_bf16") ? list : $"{list}; no bfloat16 arithmetic";
    }

    private static bool CpuFlag(string flag) =>
        File.Exists("/proc/cpuinfo")
        && File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal))
            ?.Split(' ')
            .Contains(flag) == true;

    private static string Fonts()
    {
        string path = Path.Combine(Path.GetTempPath(), $"rholoss-{Guid.NewGuid():N}.png");
        try
        {
            var accuracy = Training.Metric.Named(Training.Metric.Accuracy);
            MetricPlot.Save(path, "fonts", accuracy, [new MetricSeries("uniform", [[0.5, 0.6]])], "epoch", "");
            return "a plot was drawn with the embedded font";
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Disk()
    {
        long free = new DriveInfo(Environment.CurrentDirectory).AvailableFreeSpace;
        return free >= NeededBytes ? Invariant($"{free / 1e9:0.0} GB free in {Environment.CurrentDirectory}")
            : throw new IOException(
                Invariant($"only {free / 1e6:0} MB free in {Environment.CurrentDirectory}; checkpoints need up to 1 GB"));
    }

    private static string EmbeddedData()
    {
        using DatasetSplits splits = KnownDatasets.Load(KnownDatasets.All[0].Name);
        return Invariant($"{splits.Name} loads: {splits.Training.Count} training, ")
            + Invariant($"{splits.Holdout?.Count ?? 0} holdout, {splits.Test.Count} test");
    }
}
