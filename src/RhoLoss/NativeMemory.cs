using System.Runtime.InteropServices;

namespace RhoLoss;

/// <summary>
/// How the C library treats the memory of freed tensors. A setting of the whole process, so it is never
/// made unasked: a program calls it at its start.
/// </summary>
public static partial class NativeMemory
{
    // malloc.h of glibc.
    private const int TrimThreshold = -1, MmapThreshold = -3;
    private const int LargestReused = 1 << 30;
    private const int LargestReusedByDefault = 32 << 20;   // where glibc's limit ends up at most; trimming starts at twice that

    /// <summary>
    /// Keeps freed blocks of up to 1 GiB for the next tensor instead of giving them back to the system. glibc maps large blocks anew, and
    /// the system clears each of their pages at the first touch, which costs more than a BatchNorm of a large batch. Memory that was used
    /// once stays with the process. Works for the thread that the process started on; glibc gives other threads arenas of at most 64 MiB.
    /// </summary>
    /// <returns>
    /// True when the C library took the setting; false on other systems than Linux with glibc, or when
    /// MALLOC_MMAP_THRESHOLD_ is set, which then holds.
    /// </returns>
    public static bool ReuseLargeBlocks() => Limit(LargestReused, int.MaxValue);

    /// <summary>
    /// Goes back to what glibc does by itself at the best: blocks of up to 32 MiB are kept, more than 64 MiB of free memory are given back.
    /// </summary>
    /// <returns>As for <see cref="ReuseLargeBlocks"/>.</returns>
    public static bool ReuseAsByDefault() => Limit(LargestReusedByDefault, 2 * LargestReusedByDefault);

    private static bool Limit(int largestReused, int trimmedAbove)
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is not null) { return false; }
        try
        {
            return Set(MmapThreshold, largestReused) != 0 && Set(TrimThreshold, trimmedAbove) != 0;
        }
        catch (EntryPointNotFoundException)   // another C library
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);
}
