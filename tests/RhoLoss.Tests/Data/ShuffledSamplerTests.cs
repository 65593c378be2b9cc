using CsCheck;
using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class ShuffledSamplerTests
{
    private static long[] Epoch(ShuffledSampler sampler)
    {
        var ids = new List<long>();
        do { ids.AddRange(Examples.Longs(sampler.Next())); } while (!sampler.AtEpochStart);
        return [.. ids];
    }

    [Fact]
    public void Every_epoch_is_a_permutation_for_any_size_and_its_last_batch_is_kept()
    {
        using var check = new NoTensorLeaks();
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 25], Gen.Long).Sample((count, largeBatch, seed) =>
        {
            using var inner = new NoTensorLeaks();
            long[] ids = [.. Enumerable.Range(0, count).Select(i => 1000L + 3 * i)];
            using var sampler = new ShuffledSampler(tensor(ids), largeBatch, seed);
            for (int epoch = 0; epoch < 3; epoch++)
            {
                sampler.State.ShouldBe(new SamplerState(epoch, 0));
                var seen = new List<long>();
                for (int step = 0; step < sampler.StepsPerEpoch; step++)
                {
                    long[] batch = Examples.Longs(sampler.Next());
                    batch.Length.ShouldBe(Math.Min(largeBatch, count - step * largeBatch));
                    seen.AddRange(batch);
                }
                seen.Order().ShouldBe(ids);
            }
        }, iter: 60, threads: 1);
    }

    // Steps per epoch and points trained on at n_b / n_B = 1/10: algorithm.md, "Step semantics" 2; the last batches hold
    // 25,000 − 78·320 = 40, 60,000 − 187·320 = 160 and 90,000 − 140·640 = 400 points, of which 4, 16 and 40 are trained on.
    [Theory]
    [InlineData(25_000, 320, 32, 79, 2_500)]
    [InlineData(60_000, 320, 32, 188, 6_000)]
    [InlineData(90_000, 640, 64, 141, 9_000)]
    public void An_epoch_has_the_papers_number_of_steps_and_trains_on_a_tenth(int count, int largeBatch, int batch, int steps, int trained)
    {
        using var check = new NoTensorLeaks();
        using var sampler = new ShuffledSampler(arange(count, dtype: int64), largeBatch, seed: 1);
        sampler.StepsPerEpoch.ShouldBe(steps);
        int taken = 0, sum = 0;
        do
        {
            using IDisposable scope = NewDisposeScope();
            sum += Math.Max(1, (int)sampler.Next().shape[0] * batch / largeBatch);
            taken++;
        } while (!sampler.AtEpochStart);
        taken.ShouldBe(steps);
        sum.ShouldBe(trained);
    }

    [Fact]
    public void Every_epoch_has_an_order_of_its_own()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new ShuffledSampler(arange(50, dtype: int64), 50, seed: 3);
        string[] orders = [.. Enumerable.Range(0, 20).Select(_ => string.Join(' ', Epoch(sampler)))];
        orders.Distinct().Count().ShouldBe(20);
    }

    [Fact]
    public void The_same_seed_gives_the_same_order_and_another_seed_another()
    {
        using var check = new NoTensorLeaks();
        using var one = new ShuffledSampler(arange(50, dtype: int64), 7, seed: 3);
        using var same = new ShuffledSampler(arange(50, dtype: int64), 7, seed: 3);
        using var other = new ShuffledSampler(arange(50, dtype: int64), 7, seed: 4);
        long[] order = Epoch(one);
        Epoch(same).ShouldBe(order);
        Epoch(other).ShouldNotBe(order);
    }

    [Fact]
    public void Restoring_any_state_continues_as_if_nothing_had_happened()
    {
        using var check = new NoTensorLeaks();
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 15], Gen.Int[0, 12]).Sample((count, largeBatch, steps) =>
        {
            using var inner = new NoTensorLeaks();
            using var sampler = new ShuffledSampler(arange(count, dtype: int64), largeBatch, seed: 5);
            for (int i = 0; i < steps; i++) { sampler.Next(); }
            using var resumed = new ShuffledSampler(arange(count, dtype: int64), largeBatch, seed: 5);
            resumed.Next();   // what it did before must not matter
            resumed.Restore(sampler.State);
            for (int i = 0; i < 8; i++) { Examples.Longs(resumed.Next()).ShouldBe(Examples.Longs(sampler.Next())); }
            resumed.State.ShouldBe(sampler.State);
        }, iter: 60, threads: 1);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -7)]
    [InlineData(0, 5)]     // not a multiple of n_B
    [InlineData(0, 21)]    // past the 20 ids
    public void A_state_of_another_sampler_is_refused(int epoch, int position)
    {
        using var check = new NoTensorLeaks();
        using var sampler = new ShuffledSampler(arange(20, dtype: int64), 7, seed: 1);
        Should.Throw<ArgumentException>(() => sampler.Restore(new SamplerState(epoch, position))).Message.ShouldContain("20 ids in batches of 7");
    }

    [Fact]
    public void The_callers_ids_are_copied()
    {
        using var check = new NoTensorLeaks();
        Tensor ids = tensor([5L, 6L]);
        using var sampler = new ShuffledSampler(ids, 2, seed: 1);
        ids.zero_();
        Epoch(sampler).Order().ShouldBe([5L, 6L]);
    }
}
