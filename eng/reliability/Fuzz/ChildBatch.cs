using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>
/// A batch in a process of its own, which native code may end and which is ended when an input hangs. The input that was being read is then
/// the fault,
/// and another process goes on behind it.
/// </summary>
/// <param name="Reader">Name of the reader.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Folder">A folder for this batch alone.</param>
internal sealed record ChildBatch(string Reader, int Seed, string Folder)
{
    private const int MostDeaths = 10;

    /// <summary>An input that takes longer than this is a hang; one above the limit of an input says so itself.</summary>
    private static readonly TimeSpan Patience = 3 * FuzzBatch.TimeLimit;

    /// <summary>Time for a process to load the libraries and make its right files, on a machine that is busy with other things.</summary>
    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromMinutes(5);

    /// <summary>Runs the inputs of these numbers. After ten deaths the rest is left out.</summary>
    public BatchReport Run(long from, long to)
    {
        BatchReport report = BatchReport.Empty;
        for (int deaths = 0; from < to && deaths < MostDeaths; deaths++)
        {
            (BatchReport part, long next) = RunOnce(from, to);
            report = report.And(part);
            from = next;
        }
        return report;
    }

    /// <summary>What the child started by <see cref="RunOnce"/> does.</summary>
    public static void RunHere(string reader, int seed, string folder, long from, long to, TextWriter output)
    {
        using FuzzReader made = AllReaders.Create(reader);
        using var progress = new BatchProgress(ProgressIn(folder));
        output.WriteLine(JsonSerializer.Serialize(new FuzzBatch(made, seed, folder).Run(from, to, progress.Set)));
    }

    private (BatchReport Report, long Next) RunOnce(long from, long to)
    {
        Directory.CreateDirectory(Folder);
        using var progress = new BatchProgress(ProgressIn(Folder));
        progress.Set(from - 1, BatchReport.Empty);   // not yet at its first
        string[] arguments = ["fuzz-batch", "--reader", Reader, "--seed", Text(Seed), "--folder", Folder, "--from", Text(from), "--to",
            Text(to)];
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "reliability"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process child = Process.Start(start)!;
        Task<string> answer = child.StandardOutput.ReadToEndAsync(), said = child.StandardError.ReadToEndAsync();
        bool hung = WaitOrKill(child, progress, from);
        string first = FirstLine(said.Result);
        try { Directory.Delete(Folder, recursive: true); }
        catch (IOException) { /* a process that was killed may still be closing its files; the folder above goes in the end */ }
        if (child.ExitCode == 0) { return (JsonSerializer.Deserialize<BatchReport>(answer.Result)!, to); }
        string what = hung
            ? FormattableString.Invariant($"nothing happened for {Patience.TotalSeconds} s or more")
            : FormattableString.Invariant($"the process died with code {child.ExitCode}: {first}");
        return (progress.Report.And(BatchReport.Empty with { Faulty = 1, Faults = [new Fault(progress.Number, what)] }),
            progress.Number + 1);
    }

    private static bool WaitOrKill(Process child, BatchProgress progress, long from)
    {
        (long number, long since) = (progress.Number, Stopwatch.GetTimestamp());
        while (!child.WaitForExit(TimeSpan.FromMilliseconds(200)))
        {
            if (progress.Number != number) { (number, since) = (progress.Number, Stopwatch.GetTimestamp()); }
            else if (Stopwatch.GetElapsedTime(since) > (number < from ? PatienceAtStart : Patience))
            {
                child.Kill();
                child.WaitForExit();
                return true;
            }
        }
        return false;
    }

    private static string ProgressIn(string folder) => Path.Combine(folder, "progress");

    private static string FirstLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .FirstOrDefault() ?? "it said nothing";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
