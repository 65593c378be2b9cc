using RhoLoss.Data;
using RhoLoss.Datasets.Corruption;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

public sealed class DuplicationTests
{
    private static readonly long[] Ids = [7, 3, 20];

    [Fact]
    public void Copies_have_new_ids_and_keep_input_label_and_origin()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfIds(Ids), repeated = data.Repeat(3);
        Examples.Longs(repeated.Ids).ShouldBe([7, 3, 20, 21, 22, 23, 24, 25, 26]);   // on from the largest, 20, copy by copy
        Examples.Longs(repeated.Origins).ShouldBe([7, 3, 20, 7, 3, 20, 7, 3, 20]);
        Examples.Longs(repeated.Labels).ShouldBe([0, 1, 2, 0, 1, 2, 0, 1, 2]);
        Examples.Values(repeated.Gather(tensor([22L, 26L])).Inputs.select(1, 0)).ShouldBe([3, 20]);   // the inputs hold the id of origin
        Examples.Longs(data.Origins).ShouldBe(Ids);   // nothing was duplicated there
    }

    [Fact]
    public void One_copy_is_the_same_data()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfIds(Ids), repeated = data.Repeat(1);
        repeated.Fingerprint.Value.ShouldBe(data.Fingerprint.Value);
        Examples.Longs(repeated.Origins).ShouldBe(Ids);
    }

    [Fact]
    public void Copies_share_the_flags_and_the_wrong_label_of_their_original()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfCount(40, 4);
        using LabeledDataset noisy = LabelNoise.Uniform(data, 0.5, seed: 2);
        using LabeledDataset repeated = noisy.Repeat(5);
        foreach (string flag in new[] { ExampleFlags.Corrupted, ExampleFlags.LabelChanged })
        {
            bool[] expected = Examples.Bools(noisy.Flag(flag)!);
            Examples.Bools(repeated.Flag(flag)!).ShouldBe(Enumerable.Repeat(expected, 5).SelectMany(f => f));
        }
        Examples.Longs(repeated.Labels).ShouldBe(Examples.Longs(noisy.LabelsOf(repeated.Origins)));
        repeated.Flag(ExampleFlags.Corrupted)!.sum().item<long>().ShouldBe(100);   // 5 · ⌊0.5 · 40⌋
    }

    [Fact]
    public void Origins_survive_subset_relabelling_moving_and_another_duplication()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfIds(Ids), repeated = data.Repeat(2);
        using LabeledDataset subset = repeated.Subset(tensor([23L, 7L]));
        using LabeledDataset relabelled = subset.WithLabels(tensor([1L, 1L]));
        using LabeledDataset moved = relabelled.To(CPU);
        using LabeledDataset again = moved.Repeat(2);
        Examples.Longs(moved.Origins).ShouldBe([20, 7]);
        Examples.Longs(again.Ids).ShouldBe([23, 7, 24, 25]);
        Examples.Longs(again.Origins).ShouldBe([20, 7, 20, 7]);
    }

    [Fact]
    public void New_ids_can_begin_above_those_of_another_set_but_not_among_the_old_ones()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Examples.OfIds(Ids), repeated = data.Repeat(2, firstNewId: 100);
        Examples.Longs(repeated.Ids).ShouldBe([7, 3, 20, 100, 101, 102]);
        Should.Throw<ArgumentOutOfRangeException>(() => data.Repeat(2, firstNewId: 20)).Message.ShouldContain("(20)");
        Should.Throw<ArgumentOutOfRangeException>(() => data.Repeat(0)).ParamName.ShouldBe("copies");
    }

    [Fact]
    public void Origins_of_another_shape_are_refused()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<ArgumentException>(
            () => new LabeledDataset(zeros(2, 1), zeros(2, dtype: int64), 2, origins: zeros(3, dtype: int64))).ParamName
            .ShouldBe("origins");
    }
}
