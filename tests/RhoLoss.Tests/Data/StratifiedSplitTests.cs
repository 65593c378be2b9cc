using CsCheck;
using RhoLoss.Data;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class StratifiedSplitTests
{
    [Fact]
    public void The_parts_are_disjoint_exhaustive_and_have_the_same_share_of_every_class()
    {
        using var check = new NoTensorLeaks();
        Gen.Select(Gen.Int[0, 3].Array[2, 60], Gen.Double[0.05, 0.95], Gen.Long).Sample((labels, fraction, seed) =>
        {
            using var inner = new NoTensorLeaks();
            long[] ids = [.. labels.Select((_, i) => 500L - 2 * i)];
            using var data = new LabeledDataset(zeros(labels.Length, 1), tensor(labels.Select(l => (long)l).ToArray()), 4, tensor(ids));
            (Tensor first, Tensor second) = StratifiedSplit.Of(data, fraction, seed);
            Examples.Longs(first).Concat(Examples.Longs(second)).Order().ShouldBe(ids.Order());
            Examples.Longs(first).ShouldBe(Examples.Longs(first).OrderDescending());   // row order: ids fall from row to row
            long[] inSecond = Examples.Longs(data.LabelsOf(second));
            for (int c = 0; c < 4; c++)
            {
                inSecond.Count(l => l == c).ShouldBe((int)Math.Floor(fraction * labels.Count(l => l == c) + 0.5));
            }
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void Halves_of_a_balanced_set_are_balanced_and_depend_on_the_seed_alone()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(100, 5);
        (Tensor first, Tensor second) = StratifiedSplit.Of(data, 0.5, seed: 1);
        Examples.Values(data.LabelsOf(first).bincount(null)).ShouldBe([10, 10, 10, 10, 10]);   // 20 of each class, halved
        Examples.Values(data.LabelsOf(second).bincount(null)).ShouldBe([10, 10, 10, 10, 10]);
        StratifiedSplit.Of(data, 0.5, seed: 1).First.eq(first).all().item<bool>().ShouldBeTrue();
        StratifiedSplit.Of(data, 0.5, seed: 2).First.eq(first).all().item<bool>().ShouldBeFalse();
    }

    [Fact]
    public void Copies_of_an_example_stay_together_and_originals_are_what_is_balanced()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(60, 3), repeated = data.Repeat(4);
        using var generator = new Generator(3UL, CPU);
        using LabeledDataset shuffled = repeated.Subset(repeated.Ids.index_select(0, randperm(240, dtype: int64, generator: generator)));
        (Tensor first, Tensor second) = StratifiedSplit.Of(shuffled, 0.25, seed: 1);
        // Copy k of id i is 60·k + i.
        long[] inFirst = Examples.Longs(first).Select(id => id % 60).ToArray();
        long[] inSecond = Examples.Longs(second).Select(id => id % 60).ToArray();
        inFirst.Intersect(inSecond).ShouldBeEmpty();
        inSecond.GroupBy(origin => origin).ShouldAllBe(copies => copies.Count() == 4);
        // A quarter of 20 originals of each class.
        inSecond.Distinct().GroupBy(origin => origin % 3).Select(c => c.Count()).ShouldBe([5, 5, 5]);
        inFirst.Length.ShouldBe(180);
    }

    [Fact]
    public void Duplication_does_not_change_which_originals_go_where()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(60, 3), repeated = data.Repeat(2);
        Examples.Longs(StratifiedSplit.Of(repeated, 0.5, seed: 1).Second).Where(id => id < 60)
            .ShouldBe(Examples.Longs(StratifiedSplit.Of(data, 0.5, seed: 1).Second));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void A_fraction_that_leaves_one_part_empty_is_refused(double fraction)
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(4, 2);
        Should.Throw<ArgumentOutOfRangeException>(() => StratifiedSplit.Of(data, fraction, seed: 1)).ParamName.ShouldBe("fraction");
    }
}
