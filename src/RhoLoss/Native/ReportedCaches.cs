namespace RhoLoss.Native;

/// <summary>
/// Whether a processor reports the data caches that oneDNN sizes its convolutions by. A function of CPUID values alone, so that it can be
/// tested for machines that are not at hand.
/// </summary>
internal static class ReportedCaches
{
    private const uint CachesOfIntel = 0x4, CachesOfAmd = 0x8000001D;
    private const uint DataCache = 1, UnifiedCache = 3;      // type of a cache, bits 0 to 4 of EAX; 0: no more caches
    private const uint LevelsOfAmd = 4;                     // sub-leaves that AMD's manual and oneDNN read: L1 data, L1 instruction, L2, L3

    /// <summary>
    /// False where a hypervisor hides the caches. For "AuthenticAMD" oneDNN reads leaf 0x8000001D without looking whether anything is there
    /// and takes a cache of zeros for one of one byte (1 way × 1 partition × 1 byte a line × 1 set), so all three levels have to be there.
    /// For every other maker it reads leaf 4 and stops at the first level that is absent.
    /// </summary>
    /// <param name="cpuId">The instruction: leaf and sub-leaf in, registers out.</param>
    public static bool AreThere(Func<uint, uint, CpuIdLeaf> cpuId)
    {
        CpuIdLeaf maker = cpuId(0, 0);
        // "AuthenticAMD" in EBX, EDX, ECX, four characters each.
        bool amd = maker is { Ebx: 0x68747541, Edx: 0x69746E65, Ecx: 0x444D4163 };
        if (!amd) { return maker.Eax >= CachesOfIntel && IsDataCache(cpuId(CachesOfIntel, 0)); }
        for (uint level = 0; level < LevelsOfAmd; level++)
        {
            if (level != 1 && !IsDataCache(cpuId(CachesOfAmd, level))) { return false; }
        }
        return true;
    }

    private static bool IsDataCache(CpuIdLeaf cache) => (cache.Eax & 0x1F) is DataCache or UnifiedCache;
}
