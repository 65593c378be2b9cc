using RhoLoss.Randomness;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Randomness;

public sealed class SeedingTests
{
    [Fact]
    public void Neighbouring_seeds_and_streams_mix_to_different_numbers()
    {
        var mixed = new HashSet<long>();
        for (long seed = -50; seed < 50; seed++)
        {
            for (long stream = -10; stream < 90; stream++)
            {
                mixed.Add(Seeding.Mix(seed, stream)).ShouldBeTrue($"seed {seed}, stream {stream}");
            }
        }
        mixed.Min().ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public void Mix_is_SplitMix64()
    {
        // The first two outputs of SplitMix64 seeded with 0 are 0xE220A8397B1DCDAF and 0x6E789E6AA1B965F4 (Vigna's splitmix64.c);
        // the sign bit is dropped.
        Seeding.Mix(0, 0).ShouldBe(0x6220A8397B1DCDAF);
        Seeding.Mix(0, 1).ShouldBe(0x6E789E6AA1B965F4);
    }

    [Fact]
    public void Streams_of_one_seed_differ_and_each_repeats()
    {
        using var check = new NoTensorLeaks();
        double First(long stream)
        {
            using Generator generator = Seeding.Stream(7, stream);
            return rand(1, generator: generator).item<float>();
        }
        Enumerable.Range(0, 20).Select(s => First(s)).Distinct().Count().ShouldBe(20);
        First(3).ShouldBe(First(3));
    }
}
