using System.Globalization;
using System.Runtime.InteropServices;

namespace RhoLoss.Native;

/// <summary>
/// The loaded <c>libtorch_cpu.so</c>: its switches that TorchSharp does not bind, and what its oneDNN takes for the sizes of the
/// caches. The latter is private to the library, so it is touched only in the one build whose addresses are known, told by its
/// build id.
/// </summary>
internal sealed unsafe class LibTorchImage
{
    private const string FileName = "libtorch_cpu.so", SwitchOfNnpack = "_ZN2at7Context20setUserEnabledNNPACKEb";

    // libtorch-cpu-linux-x64 2.10.0: `readelf -n` and `nm` of the file in the package; the field by `objdump -d` of the function.
    private static readonly byte[] KnownBuild = Convert.FromHexString("e59a73f8ca02c19463bd923dc568ce765b2a1106");
    private const nint KnownBuildAt = 0x15875000 + 16;              // a note starts with three sizes and the name "GNU"
    private const nint SwitchOfNnpackAt = 0x1c753a0;                // exported: tells where the file lies in memory
    private const nint PerCoreCacheSizeAt = 0xfa22b40;              // unsigned dnnl::impl::cpu::platform::get_per_core_cache_size(int)
    private const nint CacheLevelsAt = 0x1585b180 + 0x6c;           // Xbyak::util::Cpu::dataCacheLevels_ of dnnl::impl::cpu::x64::cpu()
    private const int MostLevels = 10;                              // Xbyak::util::Cpu::maxNumberCacheLevels

    private readonly nint _library;
    private readonly nint _start;   // 0 where the build is not the known one

    private LibTorchImage(nint library)
    {
        _library = library;
        _start = StartOfKnownBuild(library);
    }

    /// <summary>
    /// The library of this process, loaded if need be; null on other systems than Linux on x64, and where it does not load.
    /// </summary>
    public static LibTorchImage? Load()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) { return null; }
        try
        {
            _ = torch.get_num_threads();   // TorchSharp knows where its libraries are; once they are loaded, the name is enough
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or NotSupportedException)
        {
            return null;                   // whoever makes the first tensor is told why
        }
        return NativeLibrary.TryLoad(FileName, out nint library) ? new LibTorchImage(library) : null;
    }

    /// <summary>Whether this is the build whose addresses are known.</summary>
    public bool IsKnown => _start != 0;

    /// <summary>
    /// Makes oneDNN use its own assumptions for a processor without a description of its caches (32 KiB, 512 KiB and 1 MiB a
    /// core), which it has but does not come to on AMD: it asks no further when no level is counted.
    /// </summary>
    /// <returns>True when oneDNN answers with those sizes from now on; false when this is not the known build, and nothing was
    /// changed.</returns>
    public bool AssumeDefaultCaches()
    {
        if (!IsKnown) { return false; }
        _ = CacheOf(level: 1);   // the first question makes oneDNN look at the processor
        int* levels = (int*)(_start + CacheLevelsAt);
        if (Volatile.Read(ref *levels) is < 0 or > MostLevels) { return false; }
        Volatile.Write(ref *levels, 0);
        return CacheOf(level: 1) == 32 << 10 && CacheOf(level: 2) == 512 << 10 && CacheOf(level: 3) == 1 << 20;
    }

    /// <summary>
    /// Switches NNPACK off: without a description of the caches it cannot start, and says so on standard error at every
    /// convolution.
    /// </summary>
    public void SwitchOffNnpack()
    {
        if (!NativeLibrary.TryGetExport(_library, SwitchOfNnpack, out nint set)
            || !NativeLibrary.TryGetExport(_library, "_ZN2at13globalContextEv", out nint context))
        {
            return;
        }
        ((delegate* unmanaged<nint, byte, void>)set)(((delegate* unmanaged<nint>)context)(), 0);
    }

    private uint CacheOf(int level) => ((delegate* unmanaged<int, uint>)(_start + PerCoreCacheSizeAt))(level);

    /// <summary>
    /// Memory is read only where the system says that this file is mapped, so that another build is told apart and not tripped
    /// over.
    /// </summary>
    private static nint StartOfKnownBuild(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, SwitchOfNnpack, out nint exported)) { return 0; }
        nint start = exported - SwitchOfNnpackAt;
        (nint From, nint To)[] mapped = [.. MappedRanges()];
        bool laidOut = mapped.Any(m => m.From == start)
            && mapped.Any(m => m.From <= start + KnownBuildAt
                && start + KnownBuildAt + KnownBuild.Length <= m.To);
        return laidOut && new ReadOnlySpan<byte>((void*)(start + KnownBuildAt), KnownBuild.Length).SequenceEqual(KnownBuild) ? start : 0;
    }

    /// <summary>Where the file lies in this process: lines "from-to rights offset device inode path" of proc(5).</summary>
    private static IEnumerable<(nint From, nint To)> MappedRanges()
    {
        foreach (string line in File.ReadLines("/proc/self/maps").Where(l => l.EndsWith("/" + FileName, StringComparison.Ordinal)))
        {
            string[] ends = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-');
            yield return (nint.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                nint.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
    }
}
