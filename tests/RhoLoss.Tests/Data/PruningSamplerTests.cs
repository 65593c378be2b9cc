using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class PruningSamplerTests
{
    private static readonly long[] Ids = [100, 107, 114, 121];

    [Fact]
    public void The_first_epoch_is_whole_with_weights_1_and_keeps_its_last_batch()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(tensor(Ids), batchSize: 3, seed: 1);
        (_, Tensor first, Tensor? weights) = sampler.Next(0);
        sampler.Observe(first, tensor([0.1f, 5f, 9f]));   // of an epoch under way: decides the next one
        (_, Tensor second, Tensor? lastWeight) = sampler.Next(0);
        Examples.Longs(first).Concat(Examples.Longs(second)).Order().ShouldBe(Ids);
        Examples.Values(weights!).Concat(Examples.Values(lastWeight!)).ShouldBe([1, 1, 1, 1]);
        sampler.State.ShouldBe(new SamplerState(1, 0, 2));
    }

    // Mean of 1, 2, 3 and 6 is 3: the first two are below it, the third equals it.
    [Fact]
    public void Losses_below_the_mean_are_dropped_half_of_the_time_and_weigh_double_and_one_equal_to_it_stays()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(tensor(Ids), batchSize: 4, seed: 1);
        sampler.Observe(tensor(Ids), tensor([1f, 2f, 3f, 6f]));
        var kept = new Dictionary<long, int>();
        double sum = 0;
        const int Epochs = 4000;
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            using IDisposable scope = NewDisposeScope();
            (_, Tensor ids, Tensor? weights) = sampler.Next(0.5);
            long[] drawn = Examples.Longs(ids);
            double[] factors = Examples.Values(weights!);
            for (int i = 0; i < drawn.Length; i++)
            {
                int row = Array.IndexOf(Ids, drawn[i]);
                factors[i].ShouldBe(row < 2 ? 2 : 1);   // 1/(1 − 0.5)
                kept[drawn[i]] = kept.GetValueOrDefault(drawn[i]) + 1;
                sum += factors[i] * new[] { 1, 2, 3, 6 }[row];
            }
        }
        (kept[114], kept[121]).ShouldBe((Epochs, Epochs));
        // 2,000 with deviation √(4,000/4) = 31.6; 160 is five of them.
        ((double)kept[100]).ShouldBe(2000, tolerance: 160);
        ((double)kept[107]).ShouldBe(2000, tolerance: 160);
        // Unbiased: the weighted sum is 9 + 2·(b₁ + 2·b₂) with fair coins b, mean 12 = 1 + 2 + 3 + 6,
        // variance 4·(1/4 + 4/4) = 5; five deviations of the mean.
        (sum / Epochs).ShouldBe(12, tolerance: 5 * Math.Sqrt(5.0 / Epochs));
    }

    [Fact]
    public void Equal_losses_are_all_at_the_mean_and_stay()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(arange(1000, dtype: int64), batchSize: 1000, seed: 1);
        sampler.Observe(arange(1000, dtype: int64), full(1000, 0.1f));   // 0.1 is no binary fraction, so a sum in float32 would be rounded
        sampler.Next(0).Ids.shape[0].ShouldBe(1000);
    }

    [Fact]
    public void An_example_never_seen_stays_and_does_not_move_the_mean()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(tensor(Ids), batchSize: 4, seed: 1, pruneProbability: 0.999999);
        sampler.Observe(tensor([100L, 107L]), tensor([1f, 3f]));   // mean 2: only 100 is below
        Examples.Longs(sampler.Next(0).Ids).Order().ShouldBe([107, 114, 121]);
    }

    [Fact]
    public void In_the_last_eighth_of_the_budget_nothing_is_dropped_and_all_weights_are_1()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(tensor(Ids), batchSize: 1, seed: 1, pruneProbability: 0.999999);
        sampler.Observe(tensor(Ids), tensor([1f, 2f, 3f, 6f]));
        Examples.Longs(sampler.Next(0.874).Ids).Single().ShouldBeOneOf(114, 121);
        Captured(sampler)["rows"].shape.ShouldBe([2]);   // what is left of the epoch's four
        sampler.State.ShouldBe(new SamplerState(0, 1, 1));
        // 1 − 0.125 is reached within the epoch: it is broken off for a whole one.
        var ids = new List<long>();
        for (int i = 0; i < 4; i++)
        {
            (_, Tensor id, Tensor? weight) = sampler.Next(0.875);
            sampler.State.Epoch.ShouldBe(i < 3 ? 1 : 2);
            ids.Add(Examples.Longs(id).Single());
            Examples.Values(weight!).ShouldBe([1]);
        }
        ids.Order().ShouldBe(Ids);
    }

    [Fact]
    public void A_whole_epoch_is_not_broken_off()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(tensor(Ids), batchSize: 2, seed: 1);
        long[] first = Examples.Longs(sampler.Next(0.8).Ids), second = Examples.Longs(sampler.Next(0.9).Ids);
        first.Concat(second).Order().ShouldBe(Ids);
    }

    [Theory]
    [InlineData(0)]    // before anything
    [InlineData(5)]    // within the first, whole epoch
    [InlineData(17)]   // within a pruned one
    public void Restoring_a_captured_state_continues_as_if_nothing_had_happened(int steps)
    {
        using var check = new NoTensorLeaks();
        Tensor ids = arange(30, dtype: int64) * 3;
        using var sampler = new PruningSampler(ids, batchSize: 3, seed: 5);
        void Step(PruningSampler s, List<string> trace)
        {
            (_, Tensor batch, Tensor? weights) = s.Next(0);
            trace.Add($"{string.Join(' ', Examples.Longs(batch))} | {string.Join(' ', Examples.Values(weights!))}");
            s.Observe(batch, batch.to(float32).sin().abs());
        }
        for (int i = 0; i < steps; i++) { Step(sampler, []); }
        Dictionary<string, Tensor> state = Captured(sampler);
        List<string> expected = [], actual = [];
        for (int i = 0; i < 40; i++) { Step(sampler, expected); }

        using var resumed = new PruningSampler(ids, batchSize: 3, seed: 5);
        Step(resumed, []);   // what it did before must not matter
        resumed.Restore(name => state[name]);
        for (int i = 0; i < 40; i++) { Step(resumed, actual); }
        actual.ShouldBe(expected);
        resumed.State.ShouldBe(sampler.State);
        expected.ShouldContain(step => step.Contains(" 2", StringComparison.Ordinal));   // some epoch was pruned, or the test shows nothing
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 0.5)]
    [InlineData(3, 0.9)]
    [InlineData(4, 0)]
    public void What_is_foretold_is_handed_out_and_foretelling_changes_nothing(long seed, double pruneProbability)
    {
        using var check = new NoTensorLeaks();
        Tensor ids = arange(50, dtype: int64) * 3;
        using var sampler = new PruningSampler(ids, batchSize: 7, seed, pruneProbability);
        using var silent = new PruningSampler(ids, batchSize: 7, seed, pruneProbability);
        const int Steps = 120;
        int foretold = 0, brokenOff = 0;
        for (int step = 0; step < Steps; step++)
        {
            double progress = step / (double)Steps;
            bool atStart = sampler.AtEpochStart;
            int epoch = sampler.State.Epoch;
            LargeBatch? peeked = sampler.Ahead(1, progress).SingleOrDefault();
            LargeBatch? again = ((IExampleSampler)sampler).Ahead(1, 7, progress).SingleOrDefault();
            (_, Tensor batch, Tensor? weights) = sampler.Next(progress);
            (_, Tensor expected, Tensor? expectedWeights) = silent.Next(progress);
            Examples.Longs(batch).ShouldBe(Examples.Longs(expected));
            Examples.Values(weights!).ShouldBe(Examples.Values(expectedWeights!));
            if (peeked is null)
            {
                (again is null && atStart && progress < 0.875 && pruneProbability > 0)
                    .ShouldBeTrue($"step {step}: only losses to come may hide a batch");
            }
            else
            {
                foretold++;
                Examples.Longs(peeked.Ids).ShouldBe(Examples.Longs(batch));
                Examples.Longs(again!.Ids).ShouldBe(Examples.Longs(batch));
            }
            if (!atStart && sampler.State.Epoch > epoch && sampler.State.Position == batch.shape[0]) { brokenOff++; }
            Tensor losses = (batch.to(float32) + step).sin().abs();
            sampler.Observe(batch, losses);
            silent.Observe(batch, losses);
        }
        foretold.ShouldBeGreaterThan(Steps / 2);
        brokenOff.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void The_whole_epoch_that_takes_the_place_of_a_pruned_one_is_foretold()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(tensor(Ids), batchSize: 1, seed: 1, pruneProbability: 0.999999);
        sampler.Observe(tensor(Ids), tensor([1f, 2f, 3f, 6f]));
        sampler.Ahead(1, 0).ShouldBeEmpty();
        sampler.Next(0);
        long within = Examples.Longs(sampler.Ahead(1, 0.874)[0].Ids).Single();
        long whole = Examples.Longs(sampler.Ahead(1, 0.875)[0].Ids).Single();
        within.ShouldBeOneOf(114, 121);
        Examples.Longs(sampler.Next(0.875).Ids).Single().ShouldBe(whole);
        sampler.State.ShouldBe(new SamplerState(1, 1, 2));
        Should.Throw<ArgumentOutOfRangeException>(() => sampler.Ahead(1, double.NaN)).ParamName.ShouldBe("progress");
        Should.Throw<ArgumentException>(() => ((IExampleSampler)sampler).Ahead(1, 2, 0)).ParamName.ShouldBe("size");
    }

    [Fact]
    public void A_state_of_another_sampler_is_refused()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(tensor(Ids), 2, seed: 1);
        using var other = new PruningSampler(tensor([1L, 2L, 3L]), 2, seed: 1);
        Should.Throw<InvalidInputException>(() => sampler.Restore(name => Captured(other)[name])).Message
            .ShouldContain("4 ids needs 'losses'");
        Dictionary<string, Tensor> state = Captured(sampler);
        state["state"] = tensor([0L, 3L, 0L, 0L]);   // a position in an epoch that has not begun
        Should.Throw<InvalidInputException>(() => sampler.Restore(name => state[name])).Message.ShouldContain("position 3 of 0");
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_refused_by_its_example()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new PruningSampler(tensor(Ids), 2, seed: 1);
        Should.Throw<ArgumentException>(() => sampler.Observe(tensor(Ids), tensor([1f, float.NaN, 1f, 1f]))).Message
            .ShouldContain("id 107 are");
        Should.Throw<InvalidInputException>(() => sampler.Observe(tensor([8L]), tensor([1f]))).Message.ShouldContain("id 8");
        Should.Throw<ArgumentOutOfRangeException>(() => sampler.Next(double.NaN)).ParamName.ShouldBe("progress");
        Should.Throw<ArgumentOutOfRangeException>(() => new PruningSampler(tensor(Ids), 2, 1, pruneProbability: 1)).ParamName
            .ShouldBe("pruneProbability");
        Should.Throw<ArgumentOutOfRangeException>(() => new PruningSampler(tensor(Ids), 2, 1, annealShare: -1)).ParamName
            .ShouldBe("annealShare");
    }

    private static Dictionary<string, Tensor> Captured(PruningSampler sampler)
    {
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        sampler.Capture(state);
        return state;
    }
}
