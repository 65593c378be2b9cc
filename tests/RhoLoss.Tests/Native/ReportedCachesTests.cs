using RhoLoss.Native;

namespace RhoLoss.Tests.Native;

/// <summary>
/// The decision for processors that are not at hand. Registers as in public CPUID dumps of the processors named; sizes by hand beside them.
/// </summary>
public sealed class ReportedCachesTests
{
    // Leaf 0: the highest leaf, and the maker's name in EBX, EDX, ECX.
    private static readonly CpuIdLeaf Amd = new(0x10, 0x68747541, 0x444D4163, 0x69746E65);
    private static readonly CpuIdLeaf Intel = new(0x16, 0x756E6547, 0x6C65746E, 0x49656E69);

    // EPYC 7702, leaf 0x8000001D: 8 ways × 64 bytes × 64 sets = 32 KiB of data, the same
    // of instructions (type 2), 8 × 64 × 1,024 = 512 KiB, 16 × 64 × 16,384 = 16 MiB.
    private static readonly Dictionary<(uint, uint), CpuIdLeaf> Epyc = new()
    {
        [(0, 0)] = Amd,
        [(0x8000001D, 0)] = new(0x00004121, 0x01C0003F, 0x0000003F, 0),
        [(0x8000001D, 1)] = new(0x00004122, 0x01C0003F, 0x0000003F, 0),
        [(0x8000001D, 2)] = new(0x00004143, 0x01C0003F, 0x000003FF, 2),
        [(0x8000001D, 3)] = new(0x0001C163, 0x03C0003F, 0x00003FFF, 1),
    };

    // Core i7-6700K, leaf 4: 32 KiB of data, 32 KiB of instructions, 4 × 64 × 1,024 = 256 KiB, 16 × 64 × 8,192 = 8 MiB.
    private static readonly Dictionary<(uint, uint), CpuIdLeaf> Skylake = new()
    {
        [(0, 0)] = Intel,
        [(4, 0)] = new(0x1C004121, 0x01C0003F, 0x0000003F, 0),
        [(4, 1)] = new(0x1C004122, 0x01C0003F, 0x0000003F, 0),
        [(4, 2)] = new(0x1C004143, 0x00C0003F, 0x000003FF, 0),
        [(4, 3)] = new(0x1C03C163, 0x03C0003F, 0x00001FFF, 6),
    };

    [Fact]
    public void Processors_that_describe_their_caches_are_told()
    {
        ReportedCaches.AreThere(Of(Epyc)).ShouldBeTrue();
        ReportedCaches.AreThere(Of(Skylake)).ShouldBeTrue();
    }

    // An EPYC of family 1Ah in a microVM: leaves 4, 0xB and 0x8000001D answer zeros.
    [Fact]
    public void An_AMD_processor_whose_leaves_answer_zeros_hides_its_caches() =>
        ReportedCaches.AreThere(Of(new() { [(0, 0)] = Amd with { Eax = 0xD } })).ShouldBeFalse();

    [Fact]
    public void An_Intel_processor_whose_leaf_4_answers_zeros_hides_its_caches() =>
        ReportedCaches.AreThere(Of(new() { [(0, 0)] = Intel })).ShouldBeFalse();

    // oneDNN reads all three levels of an AMD processor, and takes a level of zeros for one byte.
    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(3u)]
    public void One_level_that_AMD_leaves_out_is_enough(uint level)
    {
        var partly = new Dictionary<(uint, uint), CpuIdLeaf>(Epyc);
        partly.Remove((0x8000001D, level));
        ReportedCaches.AreThere(Of(partly)).ShouldBeFalse();
    }

    // What oneDNN reads of an AMD processor is leaf 0x8000001D, whatever leaf 4 says.
    [Fact]
    public void Leaf_4_does_not_speak_for_an_AMD_processor()
    {
        var foreign = new Dictionary<(uint, uint), CpuIdLeaf>(Skylake) { [(0, 0)] = Amd };
        ReportedCaches.AreThere(Of(foreign)).ShouldBeFalse();
    }

    // A leaf above the highest one answers what the highest leaf does (Intel's manual), so it must not be read.
    [Fact]
    public void Leaf_4_above_the_highest_leaf_is_not_read()
    {
        var old = new Dictionary<(uint, uint), CpuIdLeaf>(Skylake) { [(0, 0)] = Intel with { Eax = 3 } };
        ReportedCaches.AreThere(Of(old)).ShouldBeFalse();
    }

    private static Func<uint, uint, CpuIdLeaf> Of(Dictionary<(uint, uint), CpuIdLeaf> leaves) =>
        (leaf, level) => leaves.GetValueOrDefault((leaf, level));
}
