using RhoLoss.Randomness;
using RhoLoss.Tests.Support;
using static RhoLoss.Tests.Data.Examples;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Randomness;

public sealed class RandomOrderTests
{
    [Fact]
    public void The_twister_gives_its_authors_numbers()
    {
        // mt19937ar.out's generator with seed 5489: its first number, and its ten thousandth as the C++ standard has it ([rand.predef]).
        var random = new MersenneTwister(5489);
        random.Next().ShouldBe(3499211612u);
        for (int i = 2; i < 10_000; i++) { _ = random.Next(); }
        random.Next().ShouldBe(4123659995u);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(66)]
    [InlineData(1_000)]
    [InlineData(300_000)]
    public void The_order_is_LibTorchs(int count)
    {
        using var check = new NoTensorLeaks();
        foreach (long seed in (long[])[0, 1, 5489, 1L << 32, long.MaxValue, Seeding.Mix(3, 7)])
        {
            int[] order = new int[count];
            RandomOrder.Write(order, seed);
            using var generator = new Generator((ulong)seed, CPU);
            order.ShouldBe([.. Longs(randperm(count, dtype: int32, generator: generator)).Select(row => (int)row)]);
        }
    }
}
