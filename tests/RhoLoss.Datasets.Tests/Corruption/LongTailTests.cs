using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Corruption;

public sealed class LongTailTests
{
    [Fact]
    public void Class_sizes_are_those_of_long_tailed_CIFAR_10()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(50_000, 10), cut = LongTail.Exponential(data, ratio: 100, seed: 1);
        // ⌊5000 · 0.01^(c/9)⌋: CIFAR-10-LT with imbalance factor 0.01 as Cui et al. (2019) cut it.
        cut.CountByClass().ShouldBe([5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]);
    }

    [Fact]
    public void Kept_examples_keep_ids_labels_flags_origins_and_row_order()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(90, 3);
        using LabeledDataset noisy = LabelNoise.Uniform(data, 0.4, seed: 3);
        using LabeledDataset repeated = noisy.Repeat(2);
        using LabeledDataset cut = LongTail.Exponential(repeated, ratio: 4, seed: 1);
        long[] ids = Examples.Longs(cut.Ids);
        ids.ShouldBeInOrder();
        Examples.Longs(cut.Labels).ShouldBe(Examples.Longs(repeated.LabelsOf(cut.Ids)));
        Examples.Longs(cut.Origins).ShouldBe(ids.Select(id => id % 90));   // copy 1 of id i is 90 + i
        Examples.Bools(cut.Flag(ExampleFlags.Corrupted)!).ShouldBe(Examples.Bools(repeated.FlagOf(ExampleFlags.Corrupted, cut.Ids)!));
        Examples.Bools(cut.Flag(ExampleFlags.LabelChanged)!).ShouldBe(Examples.Bools(repeated.FlagOf(ExampleFlags.LabelChanged, cut.Ids)!));
    }

    [Theory]
    [InlineData(12, 3, 3.0, new long[] { 4, 2, 1 })]      // 4, 4/√3 = 2.3, 4/3 = 1.3
    [InlineData(9, 3, 3.0, new long[] { 3, 1, 1 })]       // 3 · 3^(−1) is exactly 1, whatever floating point says
    [InlineData(6, 3, 1000.0, new long[] { 2, 1, 1 })]    // no class disappears
    [InlineData(7, 3, 1.0, new long[] { 3, 2, 2 })]       // nothing is cut, nor can a class keep more than it has
    [InlineData(4, 1, 10.0, new long[] { 4 })]            // one class is the most frequent one
    public void Small_cases_follow_the_formula(int count, int classes, double ratio, long[] expected)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(count, classes), cut = LongTail.Exponential(data, ratio, seed: 1);
        cut.CountByClass().ShouldBe(expected);
    }

    [Fact]
    public void The_seed_decides_who_stays()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(200, 2);
        long[] Kept(long seed)
        {
            using LabeledDataset cut = LongTail.Exponential(data, 5, seed);
            return Examples.Longs(cut.Ids);
        }
        Kept(1).ShouldBe(Kept(1));
        Kept(2).ShouldNotBe(Kept(1));
        Kept(1).Count(id => id % 2 == 1).ShouldBe(20);   // 100 / 5
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_ratio_that_is_none_is_refused(double ratio)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(4, 2);
        Should.Throw<ArgumentOutOfRangeException>(() => LongTail.Exponential(data, ratio, seed: 1)).ParamName.ShouldBe("ratio");
    }
}
