using CsCheck;
using RhoLoss.Datasets.Splits;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Splits;

public sealed class ClassBalancedSplitTests
{
    [Fact]
    public void Every_row_is_in_exactly_one_part_and_each_class_keeps_the_fraction()
    {
        Gen.Select(Gen.Int[2, 5], Gen.Int[10, 40], Gen.Double[0.06, 0.94], Gen.Long).Sample(
            (classes, perClass, fraction, seed) =>
            {
                using DisposeScope scope = torch.NewDisposeScope();
                torch.Tensor labels = torch.arange(classes * perClass, dtype: torch.int64).remainder(classes);
                (torch.Tensor training, torch.Tensor holdout) = ClassBalancedSplit.Of(labels, classes, fraction, seed, "a set");
                long[] both = [.. training.data<long>(), .. holdout.data<long>()];
                both.Order().ShouldBe(Enumerable.Range(0, classes * perClass).Select(i => (long)i));
                long held = (long)Math.Floor(fraction * perClass + 0.5);   // half up
                labels.index_select(0, holdout).bincount(null, classes).data<long>().ToArray().ShouldAllBe(n => n == held);
            },
            iter: 100,
            threads: 1);
    }

    [Fact]
    public void The_seed_decides_who_is_held_out()
    {
        using var check = new NoTensorLeaks();
        torch.Tensor labels = torch.arange(200, dtype: torch.int64).remainder(2);
        long[] first = Held(1), again = Held(1), other = Held(2);
        again.ShouldBe(first);
        other.ShouldNotBe(first);
        first.ShouldBeInOrder();

        long[] Held(long seed) => [.. ClassBalancedSplit.Of(labels, 2, 0.5, seed, "a set").Holdout.data<long>()];
    }

    [Fact]
    public void A_class_with_one_example_cannot_be_split()
    {
        using var check = new NoTensorLeaks();
        torch.Tensor labels = torch.tensor(new long[] { 0, 0, 1 });
        Errors.Of(() => ClassBalancedSplit.Of(labels, 2, 0.5, 0, "a set")).ShouldContain("the 1 of class 1 were split 0 to 1");
    }
}
