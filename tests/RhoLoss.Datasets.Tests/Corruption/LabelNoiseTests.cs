using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Corruption;

public sealed class LabelNoiseTests
{
    // floor(p·N): 0.1 · 30 = 3 although the product is 3.0000000000000004, 0.29 · 100 = 29 although it is 28.999999999999996.
    [Theory]
    [InlineData(30, 0.1, 3)]
    [InlineData(100, 0.29, 29)]
    [InlineData(25, 0.1, 2)]
    [InlineData(7, 0.0, 0)]
    [InlineData(7, 1.0, 7)]
    public void Exactly_the_floor_of_p_times_N_examples_are_corrupted_and_the_others_untouched(int count, double fraction, int expected)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(count, 5);
        using LabeledDataset noisy = LabelNoise.Uniform(data, fraction, seed: 1);
        bool[] corrupted = Examples.Bools(noisy.Flag(ExampleFlags.Corrupted)!);
        bool[] changed = Examples.Bools(noisy.Flag(ExampleFlags.LabelChanged)!);
        long[] before = Examples.Longs(data.Labels), after = Examples.Longs(noisy.Labels);
        corrupted.Count(c => c).ShouldBe(expected);
        for (int i = 0; i < count; i++)
        {
            changed[i].ShouldBe(before[i] != after[i]);
            if (changed[i]) { corrupted[i].ShouldBeTrue(); }
        }
        before.ShouldBe(Enumerable.Range(0, count).Select(i => (long)(i % 5)));   // the clean data stays clean
        data.Flag(ExampleFlags.Corrupted).ShouldBeNull();
    }

    [Fact]
    public void A_corrupted_label_is_uniform_over_all_classes_the_true_one_included()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(20_000, 10);
        using LabeledDataset noisy = LabelNoise.Uniform(data, 0.5, seed: 1);
        // 10,000 corrupted; (1 − 1/10) of them change: 9,000 with deviation √(10,000 · 0.9 · 0.1) = 30; 150 is five of them.
        noisy.Flag(ExampleFlags.Corrupted)!.sum().item<long>().ShouldBe(10_000);
        ((double)noisy.Flag(ExampleFlags.LabelChanged)!.sum().item<long>()).ShouldBe(9_000, tolerance: 150);
        // Each class gets 1,000 of the 10,000 with deviation 30.
        foreach (double count in Examples.Values(noisy.Labels.masked_select(noisy.Flag(ExampleFlags.Corrupted)!).bincount(null)))
        {
            count.ShouldBe(1_000, tolerance: 150);
        }
    }

    [Fact]
    public void The_same_seed_corrupts_the_same_examples_in_the_same_way_and_another_seed_others()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(200, 10);
        using LabeledDataset one = LabelNoise.Uniform(data, 0.3, seed: 8);
        using LabeledDataset same = LabelNoise.Uniform(data, 0.3, seed: 8);
        using LabeledDataset other = LabelNoise.Uniform(data, 0.3, seed: 9);
        same.Fingerprint.Value.ShouldBe(one.Fingerprint.Value);
        same.Flag(ExampleFlags.Corrupted)!.eq(one.Flag(ExampleFlags.Corrupted)!).all().item<bool>().ShouldBeTrue();
        other.Flag(ExampleFlags.Corrupted)!.eq(one.Flag(ExampleFlags.Corrupted)!).all().item<bool>().ShouldBeFalse();
    }

    [Fact]
    public void Noise_and_order_of_the_same_seed_are_unrelated()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(1000, 10);
        using LabeledDataset noisy = LabelNoise.Uniform(data, 0.1, seed: 0);
        using var sampler = new ShuffledSampler(data.Ids, 100, seed: 0);
        // Of 100 ids in the first batch 10 ± 2.8 are corrupted (hypergeometric); one shared permutation would make it all 100.
        long corrupted = noisy.FlagOf(ExampleFlags.Corrupted, sampler.Next().Ids)!.sum().item<long>();
        ((double)corrupted).ShouldBe(10, tolerance: 14);
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_fraction_outside_0_to_1_is_refused(double fraction)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(3, 3);
        Should.Throw<ArgumentOutOfRangeException>(() => LabelNoise.Uniform(data, fraction, seed: 1)).ParamName.ShouldBe("fraction");
    }
}
