using System.Diagnostics;

namespace RhoLoss.Reliability.Kills;

/// <summary>
/// Kills runs of <c>rho train</c> and <c>rho compare</c>, has each go on to its end, and compares it with the one that was left alone.
/// </summary>
/// <param name="WorkFolder">An empty folder, on a disk: what is killed is writing to it.</param>
/// <param name="Seed">Decides the instants, run by run.</param>
/// <param name="Output">Told what differs.</param>
internal sealed record KillRun(string WorkFolder, int Seed, TextWriter Output)
{
    private const int MostKillsOfOneRun = 5;
    private const int MostDifferent = 10;

    /// <summary>A run is killed up to five times, then left alone. The two commands run beside each other.</summary>
    /// <param name="count">Kills, at least; shared evenly between the commands.</param>
    /// <param name="inWrites">How many of them must have been inside writes, at least.</param>
    public IReadOnlyList<KillTally> Run(int count, int inWrites)
    {
        IReadOnlyList<RunKind> kinds = RunKind.All;
        var tallies = new KillTally[kinds.Count];
        Parallel.For(0, kinds.Count, k => tallies[k] = Run(kinds[k], Share(count, k), Share(inWrites, k)));
        return tallies;

        int Share(int of, int k) => of * (k + 1) / kinds.Count - of * k / kinds.Count;
    }

    private KillTally Run(RunKind kind, int count, int inWrites)
    {
        var tally = new KillTally(kind.Command);
        (RunResult expected, TimeSpan whole) = LeftAlone(kind);
        // A program that no longer starts, or that is wrong each time, is told of a few times and not for ever.
        for (int number = 0; tally.Different < MostDifferent && (tally.Kills < count || tally.InWrites < inWrites); number++)
        {
            string folder = Path.Combine(WorkFolder, FormattableString.Invariant($"{kind.Command}-{number}"));
            // A seed for each run, so that its instants do not depend on how the runs before it went.
            var random = new Random(HashOf(Seed, kind.Command, number));
            try
            {
                int kills = random.Next(1, MostKillsOfOneRun + 1);
                for (int kill = 0; kill < kills && (tally.Kills < count || tally.InWrites < inWrites); kill++)
                {
                    bool inWrite = (long)tally.InWrites * count <= (long)tally.Kills * inWrites;
                    using var process = new RhoProcess(kind.GoOnIn(folder));
                    (bool killed, string? written) = Kill.At(process, folder, KillInstant.Draw(random, kind, inWrite), whole);
                    if (!killed) { break; }
                    tally.Count(written);
                }
                Finish(kind, folder);
                var result = new RunResult(folder);
                tally.LeftBehind += result.LeftBehind;
                Compare(tally, FormattableString.Invariant($"{kind.Command} run {number} of seed {Seed}"),
                    expected.DifferencesFrom(result));
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or TimeoutException)
            {
                Compare(tally, FormattableString.Invariant($"{kind.Command} run {number} of seed {Seed}"), [e.Message]);
            }
            tally.Runs++;
            Delete(folder);
        }
        return tally;
    }

    private (RunResult Result, TimeSpan Time) LeftAlone(RunKind kind)
    {
        string folder = Path.Combine(WorkFolder, $"{kind.Command}-left-alone");
        long started = Stopwatch.GetTimestamp();
        Finish(kind, folder);
        return (new RunResult(folder), Stopwatch.GetElapsedTime(started));
    }

    /// <summary>To the end. A run that was killed after it was complete may say so with any code; its files are what counts.</summary>
    private static void Finish(RunKind kind, string folder)
    {
        if (File.Exists(Path.Combine(folder, "summary.json"))) { return; }
        using var process = new RhoProcess(kind.GoOnIn(folder));
        (int code, string said) = process.Wait();
        if (code != 0)
        {
            throw new InvalidOperationException(
                $"rho {string.Join(' ', kind.GoOnIn(folder))} ended with code {code}; it said: {said}");
        }
    }

    private void Compare(KillTally tally, string run, IReadOnlyList<string> differences)
    {
        if (differences.Count == 0) { return; }
        tally.Different++;
        lock (Output)
        {
            Output.WriteLine($"{run}: {differences.Count} differences");
            foreach (string difference in differences.Take(5)) { Output.WriteLine($"  {difference}"); }
        }
    }

    private static int HashOf(int seed, string command, int number) => (seed * 31 + command.Length) * 100_003 + number;

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }
        foreach (string beside in Directory.EnumerateFiles(Path.GetDirectoryName(folder)!,
            Path.GetFileName(folder) + ".*")) { File.Delete(beside); }
    }
}
