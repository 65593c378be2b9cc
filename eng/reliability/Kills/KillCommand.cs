using System.Diagnostics;

namespace RhoLoss.Reliability.Kills;

/// <summary><c>kill --count N --seed S</c>: the whole of it, with a table for docs/results/reliability.md.</summary>
internal static class KillCommand
{
    /// <summary>Runs it; 0 when every result was equal and enough kills landed where they should.</summary>
    public static int Run(int count, int seed, TextWriter output)
    {
        string folder = Directory.CreateTempSubdirectory("rholoss-kills-").FullName;
        output.WriteLine(FormattableString.Invariant($"kill: {count} kills, a third of them inside writes; seed {seed}; runs in {folder}"));
        long started = Stopwatch.GetTimestamp();
        int inWrites = (count + 2) / 3;
        IReadOnlyList<KillTally> tallies = new KillRun(folder, seed, output).Run(count, inWrites);
        Directory.Delete(folder, recursive: true);

        int kills = tallies.Sum(t => t.Kills), landed = tallies.Sum(t => t.InWrites), different = tallies.Sum(t => t.Different);
        output.WriteLine();
        output.WriteLine(KillTally.Head);
        foreach (KillTally tally in tallies) { output.WriteLine(tally.ToRow()); }
        output.WriteLine();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        output.WriteLine(
            FormattableString.Invariant($"kill: {kills} kills, {landed} of them inside writes, ")
            + FormattableString.Invariant($"{tallies.Sum(t => t.Runs)} runs resumed, ")
            + FormattableString.Invariant($"{different} results differ; seed {seed}; {seconds:0} s on {Environment.ProcessorCount} cores"));
        return different == 0 && kills >= count && landed >= inWrites ? 0 : 1;
    }
}
