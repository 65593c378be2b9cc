using RhoLoss.Randomness;

namespace RhoLoss.Tests.Randomness;

public sealed class ExampleRandomTests
{
    // The first three outputs of SplitMix64 seeded with 0 (Vigna's splitmix64.c): 0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4,
    // 0x06C45D188009454F. Below(2³²) is the upper half of an output, Uniform() its upper 53 bits over 2⁵³.
    [Fact]
    public void Numbers_are_those_of_SplitMix64()
    {
        var random = new ExampleRandom(0);
        random.Below(1L << 32).ShouldBe(0xE220A839);
        random.Uniform().ShouldBe((0x6E789E6AA1B965F4 >> 11) / (double)(1L << 53));
        random.Below(1L << 32).ShouldBe(0x06C45D18);
    }

    [Fact]
    public void All_values_below_the_bound_come_equally_often()
    {
        var counts = new int[9];
        for (int seed = 0; seed < 9000; seed++) { counts[new ExampleRandom(Seeding.Mix(1, seed)).Below(9)]++; }
        // Binomial(9,000, 1/9) has mean 1,000 and deviation 29.8; 149 is five of them.
        counts.ShouldAllBe(count => Math.Abs(count - 1000) < 149);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_bound_that_is_not_above_0_is_refused(long bound) =>
        Should.Throw<ArgumentOutOfRangeException>(() => { var random = new ExampleRandom(1); random.Below(bound); }).ParamName
            .ShouldBe("bound");
}
