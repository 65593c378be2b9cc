using System.Runtime.InteropServices;

namespace RhoLoss.Cli;

/// <summary>Settings of LibTorch's threads that must be in place before the native library loads.</summary>
internal static partial class NativeThreads
{
    private const string Variable = "OMP_WAIT_POLICY";

    /// <summary>
    /// OpenMP's idle threads spin by default, which makes two threads on a busy two-core machine up to ten times slower than one.
    /// The environment of the running process is what OpenMP reads, and .NET's SetEnvironmentVariable does not reach it on Unix.
    /// </summary>
    public static void UsePassiveWaiting()
    {
        if (OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable(Variable) is not null) { return; }
        _ = SetEnvironment(Variable, "passive", 1);
        Environment.SetEnvironmentVariable(Variable, "passive");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
