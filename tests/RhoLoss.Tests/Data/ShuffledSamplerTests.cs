using CsCheck;
using RhoLoss.Data;
using RhoLoss.Randomness;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class ShuffledSamplerTests
{
    private static long[] Epoch(ShuffledSampler sampler)
    {
        var ids = new List<long>();
        do { ids.AddRange(Examples.Longs(sampler.Next().Ids)); } while (!sampler.AtEpochStart);
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
                sampler.State.ShouldBe(new SamplerState(epoch, 0, epoch * sampler.StepsPerEpoch));
                var seen = new List<long>();
                for (int step = 0; step < sampler.StepsPerEpoch; step++)
                {
                    long[] batch = Examples.Longs(sampler.Next().Ids);
                    batch.Length.ShouldBe(Math.Min(largeBatch, count - step * largeBatch));
                    seen.AddRange(batch);
                }
                seen.Order().ShouldBe(ids);
            }
        }, iter: 60, threads: 1);
    }

    // What LibTorch draws as int64, so that runs of earlier versions, which drew that, are continued in the same order.
    [Theory]
    [InlineData(1)]
    [InlineData(70_000)]
    public void The_order_of_an_epoch_is_randperm_of_the_epochs_stream(int count)
    {
        using var check = new NoTensorLeaks();
        using var sampler = new ShuffledSampler(arange(count, dtype: int64), largeBatchSize: 32, seed: 5);
        using Generator stream = Seeding.Stream(5, 0);
        using Tensor expected = randperm(count, dtype: int64, generator: stream);

        Epoch(sampler).ShouldBe(Examples.Longs(expected));
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
            sum += Math.Max(1, (int)sampler.Next().Count * batch / largeBatch);
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
            for (int i = 0; i < 8; i++) { Examples.Longs(resumed.Next().Ids).ShouldBe(Examples.Longs(sampler.Next().Ids)); }
            resumed.State.ShouldBe(sampler.State);
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void Every_id_comes_once_an_epoch_in_the_same_order_however_batch_sizes_change()
    {
        using var check = new NoTensorLeaks();
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 50].Array[1, 12], Gen.Long).Sample((count, sizes, seed) =>
        {
            using var inner = new NoTensorLeaks();
            using var steady = new ShuffledSampler(arange(count, dtype: int64), count, seed);
            using var changing = new ShuffledSampler(arange(count, dtype: int64), 1, seed);
            int call = 0;
            for (int epoch = 0; epoch < 3; epoch++)
            {
                var seen = new List<long>();
                while (changing.State.Epoch == epoch)
                {
                    int size = sizes[call++ % sizes.Length], left = count - changing.State.Position;
                    long[] batch = Examples.Longs(changing.Next(size).Ids);
                    batch.Length.ShouldBe(Math.Min(size, left));
                    seen.AddRange(batch);
                }
                seen.ShouldBe(Examples.Longs(steady.Next().Ids));
            }
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void A_sampler_resumes_from_any_position_with_any_size()
    {
        using var check = new NoTensorLeaks();
        using var whole = new ShuffledSampler(arange(13, dtype: int64), 13, seed: 2);
        whole.Next();
        long[] epoch = Examples.Longs(whole.Next().Ids);
        for (int position = 0; position < 13; position++)
        {
            using var resumed = new ShuffledSampler(arange(13, dtype: int64), largeBatchSize: 5, seed: 2);
            resumed.Restore(new SamplerState(1, position, 5));
            Examples.Longs(resumed.Next(int.MaxValue).Ids).ShouldBe(epoch[position..]);
            resumed.State.ShouldBe(new SamplerState(2, 0, 6));
        }
        Should.Throw<ArgumentOutOfRangeException>(() => whole.Next(0)).ParamName.ShouldBe("size");
    }

    // Okanovic et al. (ICLR 2024): each round trains on a fresh random subset of share r, without replacement until D is used up.
    [Fact]
    public void With_batches_of_n_b_it_is_repeated_random_sampling_without_replacement()
    {
        using var check = new NoTensorLeaks();
        // n_b = 5; r = 1/4, so a round has 10 ids in 2 batches.
        using var sampler = new ShuffledSampler(arange(40, dtype: int64), largeBatchSize: 5, seed: 6);
        var firstRounds = new List<string>();
        for (int pass = 0; pass < 10; pass++)
        {
            long[][] rounds = [.. Enumerable.Range(0, 4)
                .Select(_ => (long[])[.. Examples.Longs(sampler.Next().Ids), .. Examples.Longs(sampler.Next().Ids)])];
            rounds.ShouldAllBe(round => round.Distinct().Count() == 10);
            // Disjoint until D is used up.
            rounds.SelectMany(round => round).Order().ShouldBe(Enumerable.Range(0, 40).Select(i => (long)i));
            firstRounds.Add(string.Join(' ', rounds[0].Order()));
        }
        // Another partition each time; two equal ones of C(40, 10) = 8.5e8 are out of the question.
        firstRounds.Distinct().Count().ShouldBe(10);
    }

    [Theory]
    [InlineData(-1, 0, 0)]
    [InlineData(0, -7, 0)]
    [InlineData(0, 20, 0)]    // past the 20 ids
    [InlineData(0, 0, -1)]
    public void A_state_of_another_sampler_is_refused(int epoch, int position, long steps)
    {
        using var check = new NoTensorLeaks();
        using var sampler = new ShuffledSampler(arange(20, dtype: int64), 7, seed: 1);
        Should.Throw<ArgumentException>(() => sampler.Restore(new SamplerState(epoch, position, steps))).Message
            .ShouldContain("20 ids cannot be at");
    }

    [Fact]
    public void The_order_is_one_of_rows_whatever_the_ids_are()
    {
        using var check = new NoTensorLeaks();
        using var ofRows = new ShuffledSampler(arange(10, dtype: int64), 4, seed: 3);
        using var ofIds = new ShuffledSampler(arange(10, dtype: int64) * 7 + 100, 4, seed: 3);
        for (int batch = 0; batch < 6; batch++)   // two epochs of three
        {
            Tensor rows = ofRows.Next().Ids, ids = ofIds.Next().Ids;
            rows.dtype.ShouldBe(ScalarType.Int64);
            ids.data<long>().ToArray().ShouldBe(rows.data<long>().Select(row => row * 7 + 100));
        }
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
