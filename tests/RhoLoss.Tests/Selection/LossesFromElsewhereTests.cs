using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Tests.Data;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Selection;

/// <summary>Irreducible losses that came as ids and numbers, and tables of more data than a run has.</summary>
public sealed class LossesFromElsewhereTests
{
    [Fact]
    public void Ids_and_losses_are_a_table_whatever_their_order()
    {
        using var check = new NoTensorLeaks();
        using IrreducibleLosses losses = IrreducibleLosses.FromIds(tensor([30L, 10L, 20L]), tensor([3f, 1f, 2f]));
        Examples.Values(losses.Of(tensor([10L, 20L, 30L]))).ShouldBe([1, 2, 3]);
        losses.Facts.Source.ShouldBe("elsewhere");
        losses.Facts.Loss.ShouldBe(2);
        losses.Fingerprint.ShouldBeNull();
        Should.Throw<InvalidOperationException>(() => losses.Save("never")).Message.ShouldContain("only the ids are known");
    }

    [Fact]
    public void A_text_of_ids_and_losses_is_read()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string path = folder.File("losses.csv");
        File.WriteAllText(path, "\uFEFFid,loss\n7,0.25\n-3,1e-2\r\n\n12,4\n");
        using IrreducibleLosses losses = IrreducibleLosses.Load(path);
        Examples.Values(losses.Of(tensor([12L, 7L, -3L]))).ShouldBe([4, 0.25, 0.01], tolerance: 1e-9);
    }

    [Fact]
    public void Equal_numbers_of_other_ids_are_another_table()
    {
        using var check = new NoTensorLeaks();
        using IrreducibleLosses one = IrreducibleLosses.FromIds(tensor([1L, 2L]), tensor([1f, 2f]));
        using IrreducibleLosses other = IrreducibleLosses.FromIds(tensor([1L, 3L]), tensor([1f, 2f]));
        using IrreducibleLosses turned = IrreducibleLosses.FromIds(tensor([2L, 1L]), tensor([2f, 1f]));
        other.ContentHash().ShouldNotBe(one.ContentHash());
        turned.ContentHash().ShouldBe(one.ContentHash());
    }

    [Theory]
    [InlineData("id,loss\n1,0.5\n1,0.6\n", "line 3: id 1 is in line 2 already")]
    [InlineData("id,loss\n1,0,5\n", "line 2: each line must be an id and a finite loss, such as 17,0.25, but this one is '1,0,5'")]
    [InlineData("id,loss\n1,NaN\n", "line 2: each line must be")]
    [InlineData("id,loss\n1.5,2\n", "line 2: each line must be")]
    [InlineData("id,loss,class\n1,2,3\n", "the first line must be 'id,loss'")]
    [InlineData("id,loss\n", "holds no losses")]
    public void A_text_that_is_no_table_is_refused_by_its_line(string text, string message)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("losses.csv"), text);
        Should.Throw<InvalidInputException>(() => IrreducibleLosses.Load(folder.File("losses.csv"))).Message.ShouldContain(message);
    }

    [Fact]
    public void A_table_serves_a_part_of_its_data_and_no_other_data()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20);
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using LabeledDataset part = data.Subset(data.Ids.slice(0, 3, 20, 2));
        losses.RequireSameData(part);
        using LabeledDataset relabelled = part.WithLabels(part.Labels.eq(0).to(int64));
        Should.Throw<InvalidInputException>(() => losses.RequireSameData(relabelled)).Message.ShouldContain("labels differ for ");
        using LabeledDataset more = Toys.Points(21);
        Should.Throw<InvalidInputException>(() => losses.RequireSameData(more)).Message
            .ShouldContain("example ids differ: 0 of 20 are gone, 1 of 21 are new (id 240)");
    }

    [Fact]
    public void Numbers_without_data_serve_every_set_whose_ids_they_have()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(4);   // ids 100, 107, 114, 121
        using IrreducibleLosses all = IrreducibleLosses.FromIds(tensor([100L, 107L, 114L, 121L, 5L]), zeros(5));
        all.RequireSameData(data);
        using IrreducibleLosses some = IrreducibleLosses.FromIds(tensor([100L, 107L, 114L]), zeros(3));
        Should.Throw<InvalidInputException>(() => some.RequireSameData(data)).Message.ShouldContain("has no example with id 121");
    }

    [Fact]
    public void A_loop_that_selects_from_other_data_with_the_same_ids_is_refused()
    {
        using var check = new NoTensorLeaks();
        using LabeledDataset data = Toys.Points(20), other = data.WithLabels(data.Labels.flip(0));
        using IrreducibleLosses losses = Toys.RandomLosses(data);
        using var model = new Mlp(8, [6], 3, seed: 1);
        using var selector = new BatchSelector(model, SelectionFunctions.ReducibleHoldoutLoss, losses, 2);
        selector.Select(data.Gather(data.Ids)).Batch.Count.ShouldBe(2);
        Should.Throw<InvalidInputException>(() => selector.Select(other.Gather(other.Ids))).Message
            .ShouldStartWith("The irreducible-loss table was computed for other data: labels differ");
    }

    [Fact]
    public void Rows_of_anything_become_a_data_set()
    {
        using var check = new NoTensorLeaks();
        string[] lines = ["1.5,2,0", "3,4,1", "5,6,1"];
        using LabeledDataset data = LabeledDataset.FromRows(
            lines.Select(line => line.Split(',')),
            row => [float.Parse(row[0], null), float.Parse(row[1], null)], row => long.Parse(row[2], null), 2, 2);
        Examples.Values(data.StoredInputs.flatten()).ShouldBe([1.5, 2, 3, 4, 5, 6]);
        Examples.Longs(data.Labels).ShouldBe([0, 1, 1]);
        Examples.Longs(data.Ids).ShouldBe([0, 1, 2]);
        Should.Throw<ArgumentException>(() => LabeledDataset.FromRows([0, 1], _ => [1f], i => 5 * i, 2, 1)).Message
            .ShouldStartWith("Row 1 has label 5, but labels lie in 0..1.");
        Should.Throw<ArgumentException>(() => LabeledDataset.FromRows([0, 1], _ => [1f], i => i, 2, 1, 4, 4)).Message
            .ShouldStartWith("Row 0 has 1 number, but the shape [1, 4, 4] needs 16.");
        Should.Throw<ArgumentException>(() => LabeledDataset.FromRows(Array.Empty<int>(), _ => [1f], i => i, 2, 1));
    }
}
