using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Tests.Support;
using static RhoLoss.Tests.Data.Examples;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Data;

/// <summary>Rows that a sampler knows save a look-up, and are never taken for those of other ids or of another data set.</summary>
public sealed class FoundRowsTests
{
    private static readonly long[][] Sets =
        [[0, 1, 2, 3, 4], [0, 2, 4, 6, 8], [9, 1, 7, 3, 5], [-4, 10, 2, 8, 6], [5, 17, 3_000, 1_000_000_000_000]];

    [Fact]
    public void A_batch_of_a_sampler_of_data_carries_the_rows_of_its_ids()
    {
        using var check = new NoTensorLeaks();
        foreach (long[] ids in Sets)
        {
            using LabeledDataset data = OfIds(ids);
            using var sampler = new ShuffledSampler(data, 3, seed: 4);
            for (int i = 0; i < 4; i++)
            {
                LargeBatch batch = sampler.Next();
                LargeBatch last = batch.At(tensor([batch.Count - 1L]));
                Longs(batch.Rows!.Rows).ShouldBe(Longs(data.RowsOf(batch.Ids)));
                Longs(last.Rows!.Rows).ShouldBe(Longs(data.RowsOf(last.Ids)));

                Batch gathered = data.Gather(batch);
                Batch part = gathered.At(tensor([batch.Count - 1L]));
                Values(gathered.Inputs.select(1, 0)).ShouldBe(Longs(batch.Ids).Select(id => (double)(float)id));
                gathered.Rows.ShouldBeSameAs(batch.Rows);
                Longs(part.Rows!.Rows).ShouldBe(Longs(data.RowsOf(part.Indices)));
                Longs(data.LabelsOf(batch)).ShouldBe(Longs(data.LabelsOf(batch.Ids)));
            }
        }
    }

    [Fact]
    public void Ids_are_handed_out_whole_however_large_they_are()
    {
        using var check = new NoTensorLeaks();
        foreach (long[] ids in Sets.Append([int.MaxValue, int.MinValue, 0]).Append([int.MaxValue + 1L, 3]).Append([int.MinValue - 1L, 3]))
        {
            using var sampler = new ShuffledSampler(tensor(ids), ids.Length, seed: 4);
            LargeBatch batch = sampler.Next();
            batch.Ids.dtype.ShouldBe(ScalarType.Int64);
            batch.Rows.ShouldBeNull();   // of which data they would be rows, nobody said
            Longs(batch.Ids).Order().ShouldBe(ids.Order());
        }
    }

    [Fact]
    public void A_sampler_of_nothing_hands_out_nothing()
    {
        using var check = new NoTensorLeaks();
        using var sampler = new ShuffledSampler(empty(0, dtype: int64), 4, seed: 1);
        sampler.Next().Count.ShouldBe(0);
    }

    [Fact]
    public void Other_ids_and_other_data_are_looked_up()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = OfIds([10, 20, 30, 40]), turned = OfIds([40, 30, 20, 10]);
        using var sampler = new ShuffledSampler(data, 4, seed: 1);
        LargeBatch batch = sampler.Next();
        double[] inputs = [.. Longs(batch.Ids).Select(id => (double)id)];

        Values(turned.Gather(batch).Inputs.select(1, 0)).ShouldBe(inputs);
        Longs(turned.LabelsOf(batch)).ShouldBe(Longs(turned.LabelsOf(batch.Ids)));
        Values(data.Gather(batch with { Ids = tensor([30L]) }).Inputs.select(1, 0)).ShouldBe([30]);
        Should.Throw<InvalidInputException>(() => data.Gather(batch with { Ids = tensor([31L]) }))
            .Message.ShouldContain("The data set has no example with id 31");
    }

    [Fact]
    public void Rows_that_a_scope_left_behind_are_looked_up()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = OfIds([10, 20, 30, 40]);
        using var sampler = new ShuffledSampler(data, 4, seed: 1);
        LargeBatch batch = sampler.Next();
        long first = Longs(batch.Ids)[0];
        LargeBatch part;
        using (DisposeScope scope = NewDisposeScope())
        {
            part = batch.At(tensor([0L]));
            scope.MoveToOuter(part.Ids);
        }
        Values(data.Gather(part).Inputs.select(1, 0)).ShouldBe([first]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Losses_are_those_of_the_ids_whether_rows_are_known_or_not(bool fromFile)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        foreach (long[] ids in Sets)
        {
            using LabeledDataset data = OfIds(ids), turned = OfIds([.. ids.Reverse()]);
            using IrreducibleLosses made = IrreducibleLosses.From(
                tensor(ids).to(float32) / 2, data, IrreducibleLossFacts.Unknown(0));
            made.Save(folder.File("losses.safetensors"));
            using IrreducibleLosses table = fromFile ? IrreducibleLosses.Load(folder.File("losses.safetensors"), data) : made;
            foreach (LabeledDataset of in (LabeledDataset[])[data, turned])
            {
                using var sampler = new ShuffledSampler(of, ids.Length, seed: 2);
                LargeBatch batch = sampler.Next();
                var candidates = new Candidates(of, batch, null, scorer: null!, table, Objective.CrossEntropy, new StepRandom(0, 1));
                Candidates two = candidates.Subset(tensor([1L, 0L]));

                double[] expected = [.. Longs(batch.Ids).Select(id => (double)((float)id / 2))];
                Values(candidates.IrreducibleLoss).ShouldBe(expected);
                Values(table.Loss(two)).ShouldBe([expected[1], expected[0]]);
                Values(table.Of(batch.Ids)).ShouldBe(expected);
            }
        }
    }

    [Fact]
    public void Shares_of_one_index_know_the_rows_of_each_other_and_no_others()
    {
        using var check = new NoTensorLeaks();
        using ExampleIndex index = new(tensor([3L, 5L])), share = index.Share(), second = share.Share(), other = new(tensor([3L, 5L]));
        (index.Knows(share), share.Knows(index), second.Knows(share), second.Knows(index)).ShouldBe((true, true, true, true));
        (index.Knows(other), other.Knows(second)).ShouldBe((false, false));
    }
}
