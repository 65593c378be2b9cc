using System.Runtime.InteropServices;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>The most memory this process has had in use at once, native memory included.</summary>
internal static class PeakMemory
{
    /// <summary>Bytes; asked by getrusage, which is cheap enough for every input.</summary>
    public static long Bytes
    {
        get
        {
            Span<long> usage = stackalloc long[18];   // struct rusage of Linux on 64 bits: two timevals, then ru_maxrss in KiB
            return getrusage(0, ref MemoryMarshal.GetReference(usage)) == 0 ? usage[4] << 10 : 0;
        }
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int getrusage(int who, ref long usage);
}
