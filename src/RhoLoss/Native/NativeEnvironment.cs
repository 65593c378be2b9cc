using System.Runtime.InteropServices;

namespace RhoLoss.Native;

/// <summary>Environment variables as native libraries of this process read them.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable where <c>getenv</c> finds it: .NET's SetEnvironmentVariable does not reach it on Unix.</summary>
    public static void Set(string name, string value)
    {
        if (!OperatingSystem.IsWindows()) { _ = SetEnvironment(name, value, 1); }
        Environment.SetEnvironmentVariable(name, value);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
