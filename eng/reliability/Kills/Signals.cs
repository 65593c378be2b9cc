using System.Runtime.InteropServices;

namespace RhoLoss.Reliability.Kills;

/// <summary>The one signal that a process can neither catch nor delay.</summary>
internal static class Signals
{
    private const int Sigkill = 9;   // signal(7)

    /// <summary>What <see cref="System.Diagnostics.Process.ExitCode"/> says of a process that SIGKILL ended.</summary>
    public const int KilledExitCode = 128 + Sigkill;

    /// <summary>Ends a process at once; nothing when it has ended already.</summary>
    public static void Kill(int process) => _ = kill(process, Sigkill);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
