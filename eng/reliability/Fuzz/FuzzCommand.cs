using System.Collections.Concurrent;
using System.Diagnostics;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>
/// <c>fuzz --per-reader N --seed S</c>: every reader, in processes beside each other, with a table for docs/results/reliability.md.
/// </summary>
internal static class FuzzCommand
{
    private const long BatchSize = 20_000;
    private const string Again = "dotnet run -c Release --project eng/reliability -- fuzz";

    /// <summary>Runs it; 0 when every input was read or refused as it must.</summary>
    public static int Run(IReadOnlyList<string> readers, long perReader, int seed, TextWriter output)
    {
        string folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"rholoss-fuzz-{Guid.NewGuid():N}");
        output.WriteLine(FormattableString.Invariant($"fuzz: {readers.Count} readers, {perReader} inputs each; seed {seed}"));
        long started = Stopwatch.GetTimestamp();
        var reports = new ConcurrentDictionary<string, BatchReport>(readers.Select(name => KeyValuePair.Create(name, BatchReport.Empty)));
        (string Reader, long From, long To)[] batches = [.. readers.SelectMany(reader =>
            Enumerable.Range(0, (int)((perReader + BatchSize - 1) / BatchSize)).Select(i => (reader, i * BatchSize, Math.Min(perReader,
                (i + 1) * BatchSize))))];
        // One batch after the other, whichever core is free: not cut into ranges beforehand.
        Parallel.ForEach(Partitioner.Create(batches, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, batch =>
        {
            BatchReport report = new ChildBatch(batch.Reader, seed, Path.Combine(folder,
                FormattableString.Invariant($"{batch.Reader}-{batch.From}"))).Run(batch.From, batch.To);
            reports.AddOrUpdate(batch.Reader, report, (_, before) => before.And(report));
        });
        if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }

        WriteTable(readers, reports, output);
        WriteFaults(readers, reports, seed, output);
        BatchReport all = reports.Values.Aggregate(BatchReport.Empty, (a, b) => a.And(b));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        output.WriteLine(FormattableString.Invariant($"fuzz: {all.Count} inputs for {readers.Count} readers, ")
            + FormattableString.Invariant($"{all.Accepted} accepted, {all.Refused} refused, {all.Faulty} faults; ")
            + FormattableString.Invariant($"seed {seed}; {seconds:0} s on {Environment.ProcessorCount} cores"));
        return all.Faulty == 0 && reports.Values.All(report => report.Count == perReader) ? 0 : 1;
    }

    /// <summary>Makes one input again and reads it in this process.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="number">Number of the input.</param>
    /// <param name="keep">Where a copy of the input goes; null for nowhere.</param>
    /// <param name="output">Told what happened.</param>
    public static int Replay(string reader, int seed, long number, string? keep, TextWriter output)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("rholoss-fuzz-");
        using FuzzReader made = AllReaders.Create(reader);
        var batch = new FuzzBatch(made, seed, folder.FullName);
        batch.WriteFilesBeside();
        (string path, byte[] bytes, bool right) = batch.Make(number);
        if (keep is not null) { File.Copy(path, keep, overwrite: true); }
        output.WriteLine(FormattableString.Invariant($"{Path.GetFileName(path)}, {bytes.Length} bytes{(right ? ", a right file" : "")}"));
        BatchReport report = batch.Run(number, number + 1);
        output.WriteLine(report.Faulty > 0 ? report.Faults[0].What : report.Accepted > 0 ? "accepted" : "refused");
        folder.Delete(recursive: true);
        return report.Faulty == 0 ? 0 : 1;
    }

    private static void WriteTable(IReadOnlyList<string> readers, ConcurrentDictionary<string, BatchReport> reports, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(
            "| reader | inputs | accepted | refused | faults | most allocated, MB | peak memory, MB | slowest, ms | seconds |");
        output.WriteLine("| --- | --: | --: | --: | --: | --: | --: | --: | --: |");
        foreach (string reader in readers)
        {
            BatchReport r = reports[reader];
            output.WriteLine(FormattableString.Invariant(
                $"| {reader} | {r.Count} | {r.Accepted} | {r.Refused} | {r.Faulty} | {r.MostAllocated / 1e6:0.0} | ")
                + FormattableString.Invariant($"{r.PeakMemory / 1e6:0} |")
                + FormattableString.Invariant($" {r.LongestMilliseconds:0} | {r.Seconds:0} |"));
        }
        output.WriteLine();
    }

    private static void WriteFaults(IReadOnlyList<string> readers, ConcurrentDictionary<string, BatchReport> reports, int seed,
        TextWriter output)
    {
        foreach (string reader in readers)
        {
            foreach (Fault fault in reports[reader].Faults.DistinctBy(fault => fault.What))
            {
                output.WriteLine($"FAULT in {reader}: {fault.What}");
                output.WriteLine(FormattableString.Invariant($"  again: {Again} --reader {reader} --seed {seed} --at {fault.Number}"));
            }
        }
    }
}
