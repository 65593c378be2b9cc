using System.Diagnostics;
using static TorchSharp.torch;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>Reads inputs of one reader, one after the other in this process, and judges each.</summary>
/// <param name="Reader">The reader.</param>
/// <param name="Seed">Together with an input's number it decides the input.</param>
/// <param name="Folder">An empty folder, in memory where there is one.</param>
internal sealed record FuzzBatch(FuzzReader Reader, int Seed, string Folder)
{
    /// <summary>
    /// Managed bytes that may be allocated for an input: 16 MiB, and 64 for each byte of it (of a gzipped one, for each byte that comes
    /// out).
    /// </summary>
    public const long AllocatedAlways = 16L << 20, AllocatedPerByte = 64;

    /// <summary>The longest time one input may take.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>One input in this many is a right file, which has to be accepted.</summary>
    private const int RightOnceIn = 100;

    private (int Kind, Misfortune What)? _happened;

    /// <summary>Makes and reads the inputs of these numbers.</summary>
    /// <param name="from">The first.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="before">Told of each number, and the report so far, before it is read.</param>
    public BatchReport Run(long from, long to, Action<long, BatchReport>? before = null)
    {
        WriteFilesBeside();
        ReadRightFiles();
        BatchReport report = BatchReport.Empty;
        for (long number = from; number < to; number++)
        {
            before?.Invoke(number, report);
            (string path, byte[] bytes, bool right) = Make(number);
            report = report.And(Judge(number, path, bytes, right));
        }
        return report;
    }

    /// <summary>Makes an input: the same for the same seed and number.</summary>
    /// <returns>Where it is, its content, and whether it is a right file.</returns>
    public (string Path, byte[] Bytes, bool Right) Make(long number)
    {
        var dice = new Dice(Seed, Reader.Name, number);
        int kind = dice.Below(Reader.Inputs.Count);
        FuzzInput input = Reader.Inputs[kind];
        bool right = !input.IsRefused && dice.Once(RightOnceIn);
        byte[] bytes = right ? input.Bytes : Reader.Break(dice, input);
        Misfortune? misfortune = right ? null : Reader.Misfortune(dice, input);
        PutRight();
        string path = Path.Combine(FolderOf(kind), input.FileName);
        File.WriteAllBytes(path, bytes);
        misfortune?.Happen(FolderOf(kind));
        _happened = misfortune is null ? null : (kind, misfortune);
        return (path, bytes, right);
    }

    /// <summary>Makes the misfortune of the input before undone; an input itself is written anew each time.</summary>
    private void PutRight()
    {
        if (_happened is not { } last) { return; }
        foreach ((string name, byte[] bytes) in Reader.Inputs[last.Kind].Beside.Where(file => file.FileName == last.What.FileName))
        {
            File.WriteAllBytes(Path.Combine(FolderOf(last.Kind), name), bytes);
        }
    }

    /// <summary>Puts the right files in place that lie beside inputs.</summary>
    public void WriteFilesBeside()
    {
        for (int kind = 0; kind < Reader.Inputs.Count; kind++)
        {
            Directory.CreateDirectory(FolderOf(kind));
            foreach ((string name, byte[] bytes) in Reader.Inputs[kind].Beside)
            {
                string path = Path.Combine(FolderOf(kind), name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, bytes);
            }
        }
    }

    /// <summary>Once, so that the native libraries are loaded before anything is timed.</summary>
    private void ReadRightFiles()
    {
        for (int kind = 0; kind < Reader.Inputs.Count; kind++)
        {
            if (Reader.Inputs[kind].IsRefused) { continue; }
            using IDisposable scope = NewDisposeScope();
            string path = Path.Combine(FolderOf(kind), Reader.Inputs[kind].FileName);
            File.WriteAllBytes(path, Reader.Inputs[kind].Bytes);
            Reader.Read(path);
        }
    }

    private string FolderOf(int kind) => Path.Combine(Folder, FormattableString.Invariant($"{Reader.Name}-{kind}"));

    private BatchReport Judge(long number, string path, byte[] bytes, bool right)
    {
        long tensors = LiveTensors, peak = PeakMemory.Bytes, allocated = GC.GetAllocatedBytesForCurrentThread(),
            started = Stopwatch.GetTimestamp();
        string? fault = null;
        bool accepted = false;
        try
        {
            using IDisposable scope = NewDisposeScope();
            Reader.Read(path);
            accepted = true;
        }
        catch (InvalidInputException e)
        {
            if (right) { fault = $"a right file was refused: {e.Message}"; }
        }
        catch (Exception e)
        {
            fault = $"{e.GetType().Name}: {FirstLine(e.Message)} at {FirstFrame(e)}";
        }
        TimeSpan time = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        (peak, long rose) = (PeakMemory.Bytes, PeakMemory.Bytes - peak);
        fault ??= LimitBroken(bytes, time, allocated, rose);
        fault ??= LiveTensors <= tensors ? null : $"{LiveTensors - tensors} tensors were left";
        return new BatchReport(fault is null && accepted ? 1 : 0, fault is null && !accepted ? 1 : 0, fault is null ? 0 : 1,
            fault is null ? [] : [new Fault(number, fault)], allocated, peak, time.TotalMilliseconds, time.TotalSeconds);
    }

    private string? LimitBroken(byte[] bytes, TimeSpan time, long allocated, long rose)
    {
        if (time > TimeLimit) { return FormattableString.Invariant($"it took {time.TotalSeconds:0.0} s"); }
        if (allocated > AllocatedAlways && allocated > AllocatedAlways + AllocatedPerByte * Gzip.ContentLength(bytes))
        {
            return FormattableString.Invariant($"{allocated} bytes were allocated for {bytes.Length}");
        }
        return rose > Reader.MemoryLimit ? FormattableString.Invariant($"peak memory rose by {rose} bytes for {bytes.Length}") : null;
    }

    private static long LiveTensors => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    private static string FirstLine(string message) => message.Split('\n')[0];

    private static string FirstFrame(Exception e) =>
        (e.StackTrace ?? "").Split('\n').Select(line => line.Trim())
            .FirstOrDefault(line => line.StartsWith("at RhoLoss.", StringComparison.Ordinal))
                is { } frame ? frame[3..] : "no frame of ours";
}
