using RhoLoss.Data;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Tests.Registry;

public sealed class HoldoutMixSamplerTests
{
    private static readonly ScoringSection Scoring = RecipeLoader.Parse("", "test", "test", []).Recipe.Scoring;

    // k examples have ⌊s·k + 1/2⌋ of the holdout: 0.25·32 = 8, 0.01·32 = 0.32, 0.5·3 = 1.5, 0.99·32 = 31.68.
    [Theory]
    [InlineData(0.25, 32, 8)]
    [InlineData(0.01, 32, 0)]
    [InlineData(0.5, 3, 2)]
    [InlineData(0.99, 32, 32)]
    public void The_share_of_a_batch_is_rounded_to_the_nearest_number(double share, int k, int held) =>
        HoldoutMixSampler.CountOf(share, k).ShouldBe(held);

    // Of 7 of the pool 5 and 2 are offered; n_b = 4 of n_B = 5. The first batch has 4 examples, of which 0.25·4 = 1 is of the holdout; the
    // second would have ⌊2·4/5⌋ = 1, but has one of both kinds.
    [Fact]
    public void An_epoch_is_a_pass_over_the_pool_with_the_steps_of_uniform_selection_and_both_kinds_in_every_batch()
    {
        using var check = new NoTensorLeaks();
        using HoldoutMixSampler sampler = Sampler(pool: 7, holdout: 3, largeBatch: 5, batch: 4, share: 0.25, seed: 9);
        using var pool = new ShuffledSampler(arange(7, dtype: int64), 5, seed: 9);
        sampler.Count.ShouldBe(7);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            foreach ((int fromPool, int held) in new[] { (3, 1), (1, 1) })
            {
                using IDisposable scope = NewDisposeScope();
                sampler.State.ShouldBe(pool.State);
                sampler.AtEpochStart.ShouldBe(fromPool == 3);
                long[] offered = Longs(pool.Next().Ids);

                LargeBatch next = sampler.Next(5, progress: 0);
                next.Step.ShouldBe(pool.State.Steps);
                long[] ids = Longs(next.Ids);
                ids[..^held].ShouldBe(offered[..fromPool]);
                ids[^held..].ShouldAllBe(id => id >= 100);
                next.Weights.ShouldBeNull();
            }
        }
        sampler.State.ShouldBe(new SamplerState(3, 0, 6));
    }

    // Two of five in every batch of 4, over the ends of passes: 20 steps are 40 draws, eight whole passes.
    [Fact]
    public void The_holdout_goes_round_in_shuffled_passes_of_its_own()
    {
        using var check = new NoTensorLeaks();
        using HoldoutMixSampler sampler = Sampler(pool: 16, holdout: 5, largeBatch: 8, batch: 4, share: 0.5, seed: 2);
        var held = new List<long>();
        for (int step = 0; step < 20; step++)
        {
            using IDisposable scope = NewDisposeScope();
            held.AddRange(Longs(sampler.Next(8, progress: 0).Ids).Where(id => id >= 100));
        }

        held.Count.ShouldBe(40);
        long[][] passes = [.. held.Chunk(5)];
        passes.ShouldAllBe(pass => pass.Order().SequenceEqual(new long[] { 100, 101, 102, 103, 104 }));
        passes.Select(pass => string.Join(' ', pass)).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public void A_sampler_that_was_restored_hands_out_the_same_batches_and_another_seed_others()
    {
        using var check = new NoTensorLeaks();
        using IDisposable scope = NewDisposeScope();
        using HoldoutMixSampler whole = Sampler(pool: 11, holdout: 4, largeBatch: 6, batch: 3, share: 0.4, seed: 5);
        using HoldoutMixSampler resumed = Sampler(pool: 11, holdout: 4, largeBatch: 6, batch: 3, share: 0.4, seed: 5);
        using HoldoutMixSampler other = Sampler(pool: 11, holdout: 4, largeBatch: 6, batch: 3, share: 0.4, seed: 6);
        string Next(HoldoutMixSampler sampler) => string.Join(' ', Longs(sampler.Next(6, progress: 0).Ids));
        for (int step = 0; step < 5; step++) { Next(whole); }
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        whole.Capture(state);
        state.Keys.ShouldBe(["pool.state", "holdout.state"]);

        resumed.Restore(name => state[name]);

        string[] expected = [.. Enumerable.Range(0, 7).Select(_ => Next(whole))];
        Enumerable.Range(0, 7).Select(_ => Next(resumed)).ShouldBe(expected);
        Enumerable.Range(0, 7).Select(_ => Next(other)).ShouldNotBe(expected);
    }

    /// <summary>Ids of the pool from 0, of the holdout from 100.</summary>
    private static HoldoutMixSampler Sampler(int pool, int holdout, int largeBatch, int batch, double share, long seed)
    {
        using IDisposable scope = NewDisposeScope();
        long[] ids = [.. Enumerable.Range(0, pool).Select(i => (long)i), .. Enumerable.Range(100, holdout).Select(i => (long)i)];
        return new HoldoutMixSampler(new SamplerParts(tensor(ids), largeBatch, seed, batch, holdout, Scoring), share);
    }

    private static long[] Longs(Tensor ids) => [.. ids.data<long>()];
}
