using RhoLoss.Data;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests;

public sealed class LabelFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("a.csv", "id,label\n2,dog\n1,\"0\"\n")]
    [InlineData("a.tsv", "label\tby\tid\ndog\tme\t2\n0\tme\t1\n")]
    public void Labels_of_training_set_and_holdout_are_replaced_by_id_with_names_or_numbers(string name, string content)
    {
        using var leaks = new NoTensorLeaks();
        using DatasetSplits splits = LabelFile.Apply(Write(name, content), Splits());
        Longs(splits.Training.Labels).ShouldBe([0, 1, 1]);   // ids 0, 2, 4; were 0, 0, 1
        Longs(splits.Holdout!.Labels).ShouldBe([0, 0, 1]);   // ids 1, 3, 5; were 1, 0, 1
        Longs(splits.Test.Labels).ShouldBe([0, 1]);
        splits.Training.StoredInputs.shape.ShouldBe([3, 2]);
        splits.Source.ShouldBe($"memory; 2 labels of {_folder[name]}");
    }

    [Theory]
    [InlineData("id,label\n2,dog\n6,dog\n", "line 3: an id must be in the training set or the holdout of toys (ids 0 to 5), but 6 is not. Remove the line, or give the labels of this data set.")]
    [InlineData("id,label\n2,dog\n3,cow\n", "line 3: a label must be a class of toys (cat, dog, or 0..1), but is 'cow'. Correct it.")]
    [InlineData("id,label\n2,2\n", "line 2: a label must be a class of toys (cat, dog, or 0..1), but is '2'. Correct it.")]
    [InlineData("id,label\n2,dog\n3,cat\n2,dog\n", "line 4: each id may be there once, but 2 was on line 2 already. Remove one of them.")]
    [InlineData("id,label\n-1,dog\n", "line 2: an id must be a whole number from 0, but is '-1'. Correct it.")]
    [InlineData("id,class\n1,dog\n", "line 1: the header must have a column 'label', but has 'id', 'class'. Name the column so.")]
    [InlineData("id,label\n1,dog,me\n", "line 2: a line must have the 2 columns of the header (id, label), but has 3. Quote fields that hold the separator (.csv), or remove tabs from them (.tsv).")]
    public void A_line_that_breaks_a_rule_is_named(string content, string rule)
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", content);
        Errors.Of(() => LabelFile.Apply(path, Splits())).ShouldBe($"{path}, {rule}");
    }

    [Fact]
    public void A_class_that_loses_its_last_example_is_refused()
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", "id,label\n4,cat\n");
        Errors.Of(() => LabelFile.Apply(path, Splits())).ShouldStartWith($"{path}, applied to the training set: each of the 2 classes needs at least one example, but class 1 has none.");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Ids 0, 2, 4 are cat, cat, dog; ids 1, 3, 5 dog, cat, dog.</summary>
    private static DatasetSplits Splits()
    {
        using IDisposable scope = NewDisposeScope();
        return new DatasetSplits("toys", "memory", Set([0, 0, 1], [0, 2, 4]), Set([1, 0, 1], [1, 3, 5]), Set([0, 1], [0, 1])) { ClassNames = ["cat", "dog"] };

        static LabeledDataset Set(long[] labels, long[] ids) => new(ones(labels.Length, 2), tensor(labels), 2, tensor(ids));
    }

    private string Write(string name, string content)
    {
        File.WriteAllText(_folder[name], content);
        return _folder[name];
    }

    private static long[] Longs(Tensor tensor) => [.. tensor.data<long>()];
}
