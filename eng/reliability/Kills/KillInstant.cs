namespace RhoLoss.Reliability.Kills;

/// <summary>When a process is killed.</summary>
/// <param name="Kind">After what.</param>
/// <param name="Target">For a write: part of the name of the file that is being written.</param>
/// <param name="Count">For a write: how many such writes are let through before; for progress: lines that are logged first.</param>
/// <param name="Share">For a time: the share of the whole run's time; otherwise milliseconds more.</param>
internal sealed record KillInstant(KillInstantKind Kind, string Target, int Count, double Share)
{
    /// <summary>Draws one: in a write if that is what is wanted, else at a time or some lines further on.</summary>
    public static KillInstant Draw(Random random, RunKind run, bool inWrite)
    {
        if (!inWrite)
        {
            return random.Next(2) == 0
                ? new KillInstant(KillInstantKind.Time, "", 0, random.NextDouble())
                : new KillInstant(KillInstantKind.Progress, "", random.Next(1, 20), 10 * random.NextDouble());
        }
        // Three in five in checkpoints, which are most writes; one in five each in the result of an arm or a run, and in any file.
        string result = run.Command == "compare" && random.Next(2) == 0 ? "-seed0.json" : "summary.json";
        string target = random.Next(5) switch { 0 => result, 1 => "", _ => "step-" };
        // A checkpoint is written for some milliseconds, everything else is too short to let time pass.
        return target == "step-" ? new KillInstant(KillInstantKind.Write, target, random.Next(8),
            random.NextDouble()) : new KillInstant(KillInstantKind.Write, target, 0, 0);
    }
}

/// <summary>After what a process is killed.</summary>
internal enum KillInstantKind
{
    /// <summary>A time.</summary>
    Time,

    /// <summary>Some lines of the metrics.</summary>
    Progress,

    /// <summary>The beginning of a write.</summary>
    Write,
}
