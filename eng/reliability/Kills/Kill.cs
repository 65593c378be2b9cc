using System.Diagnostics;

namespace RhoLoss.Reliability.Kills;

/// <summary>Waits in a running process for an instant and kills it there.</summary>
internal static class Kill
{
    /// <summary>Waits and kills.</summary>
    /// <param name="process">The process.</param>
    /// <param name="folder">Its run folder.</param>
    /// <param name="instant">When.</param>
    /// <param name="whole">How long the whole run takes.</param>
    /// <returns>
    /// Whether it was killed, and the temporary file that it left, which proves that this was inside a write; both false and null when the
    /// process ended before.
    /// </returns>
    public static (bool Killed, string? Written) At(RhoProcess process, string folder, KillInstant instant, TimeSpan whole)
    {
        var halfWritten = new HalfWritten(folder);
        bool reached = instant.Kind switch
        {
            KillInstantKind.Time => WaitUntil(process, Elapsed(whole * instant.Share)),
            KillInstantKind.Progress => WaitUntil(process, Logged(folder, instant.Count)) && WaitUntil(process,
                Elapsed(TimeSpan.FromMilliseconds(instant.Share))),
            _ => WaitForWrite(process, halfWritten, instant),
        };
        if (reached) { process.Kill(); }
        (int code, string said) = process.Wait();
        if (code == Signals.KilledExitCode) { return (true, halfWritten.New()); }
        if (code != 0) { throw new InvalidOperationException($"rho ended with code {code}, not by the kill; it said: {said}"); }
        return (false, null);
    }

    /// <summary>Asks without pause: a write takes a few milliseconds.</summary>
    private static bool WaitForWrite(RhoProcess process, HalfWritten halfWritten, KillInstant instant)
    {
        string? last = null;
        int seen = 0;
        while (true)
        {
            if (halfWritten.New(instant.Target) is { } path && path != last)
            {
                last = path;
                if (seen++ < instant.Count) { continue; }
                Func<bool> further = Elapsed(TimeSpan.FromMilliseconds(instant.Share));
                while (!further()) { Thread.SpinWait(10); }
                return true;
            }
            else if (process.HasExited) { return false; }
        }
    }

    private static bool WaitUntil(RhoProcess process, Func<bool> happened)
    {
        while (!happened())
        {
            if (process.HasExited) { return false; }
            Thread.Sleep(1);
        }
        return true;
    }

    private static Func<bool> Elapsed(TimeSpan time)
    {
        long started = Stopwatch.GetTimestamp();
        return () => Stopwatch.GetElapsedTime(started) >= time;
    }

    private static Func<bool> Logged(string folder, int lines)
    {
        string path = Path.Combine(folder, "metrics.jsonl");
        int wanted = Lines() + lines;
        return () => Lines() >= wanted;

        int Lines()
        {
            if (!File.Exists(path)) { return 0; }
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd().Count(c => c == '\n');
        }
    }
}
