using RhoLoss.Data;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Labels;

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
        splits.Source.ShouldBe("memory");
        splits.Notices.ShouldBe([$"2 labels of {_folder[name]}, 2 of them other than before"]);
    }

    [Theory]
    [InlineData(
        "id,label\n2,dog\n6,dog\n",
        "line 3: an id must be in the training set or the holdout of toys (ids 0 to 5), but 6 is not. "
        + "Remove the line, or give the labels of this data set.")]
    [InlineData("id,label\n2,dog\n3,cow\n", "line 3: a label must be a class of toys (cat, dog, or 0..1), but is 'cow'. Correct it.")]
    [InlineData("id,label\n2,2\n", "line 2: a label must be a class of toys (cat, dog, or 0..1), but is '2'. Correct it.")]
    [InlineData("id,label\n2,dog\n3,cat\n2,dog\n", "line 4: each id may be there once, but 2 was on line 2 already. Remove one of them.")]
    [InlineData("id,label\n-1,dog\n", "line 2: an id must be a whole number from 0, but is '-1'. Correct it.")]
    [InlineData("id,class\n1,dog\n", "line 1: the header must have a column 'label', but has 'id', 'class'. Name the column so; "
        + "if line 1 is data already, put a line with the names of the columns before it.")]
    [InlineData(
        "id,label\n1,dog,me\n",
        "line 2: a line must have the 2 columns of the header (id, label), but has 3. Quote fields that hold the separator (.csv), "
        + "or remove tabs from them (.tsv).")]
    public void A_line_that_breaks_a_rule_is_named(string content, string rule)
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", content);
        Errors.Of(() => LabelFile.Apply(path, Splits())).ShouldBe($"{path}, {rule}");
    }

    [Theory]
    [InlineData("id,label\n0,cat\n1,dog\n2,dog\n", "3 labels", 1)]   // only that of id 2 was cat
    [InlineData("id,label\n0,0\n5,1\n", "2 labels", 0)]
    public void A_notice_says_how_many_of_how_many_labels_are_new(string content, string labels, int changed)
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", content);
        using DatasetSplits splits = LabelFile.Apply(path, Splits());
        splits.Notices.ShouldBe([FormattableString.Invariant($"{labels} of {path}, {changed} of them other than before")]);
    }

    [Theory]
    [InlineData("1", "'1' may be the name of the class with number 0, or the number of the class '2'")]
    [InlineData("2", "'2' may be the name of the class with number 1, or the number of the class '10'")]
    [InlineData("02", "'02' may be '2', the name of the class with number 1, or 2, the number of the class '10'")]
    public void A_number_that_is_the_name_of_one_class_and_the_number_of_another_is_refused(string label, string which)
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", $"id,label\n0,{label}\n");
        Errors.Of(() => LabelFile.Apply(path, Splits(["1", "2", "10"], [0, 1, 2]))).ShouldBe(
            $"{path}, line 2: a label must mean one class of toys, but {which}. Call the column 'class-name' if it holds names of classes, "
            + "or 'class-index' if it holds their numbers (0 is '1', 1 is '2', 2 is '10').");
    }

    [Theory]
    [InlineData("id,class-name\n0,2\n1,10\n4,1\n")]
    [InlineData("id,class-index\n0,1\n1,2\n4,0\n")]
    public void A_column_that_says_what_it_holds_is_read_as_that(string content)
    {
        using var leaks = new NoTensorLeaks();
        using DatasetSplits splits = LabelFile.Apply(Write("a.csv", content), Splits(["1", "2", "10"], [0, 1, 2]));
        Longs(splits.Training.Labels).ShouldBe([1, 1, 0, 0, 1, 2]);   // classes of ids 0, 2, 4, 6, 8, 10; those of ids 0 and 4 were 0 and 2
        Longs(splits.Holdout!.Labels).ShouldBe([2, 1, 2, 0, 1, 2]);   // that of id 1 was 0
    }

    [Fact]
    public void Numbers_of_which_some_can_only_be_names_and_others_only_numbers_of_classes_are_refused()
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", "id,label\n0,10\n2,0\n");
        Errors.Of(() => LabelFile.Apply(path, Splits(["1", "2", "10"], [0, 1, 2]))).ShouldContain(
            "line 3: a label must mean one class of toys, but '10' (line 2) can only be the name of a class "
            + "and '0' (line 3) only the number of one.");
    }

    [Fact]
    public void A_number_that_lost_its_leading_zeros_is_no_number_of_another_class()
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", "id,label\n0,1\n");
        Errors.Of(() => LabelFile.Apply(path, Splits(["01", "02", "03"], [0, 1, 2])))
            .ShouldContain("'1' may be '01', the name of the class with number 0, or the number of the class '02'");
        File.WriteAllText(path, "id,label\n0,01\n");
        Errors.Of(() => LabelFile.Apply(path, Splits(["01", "02", "03"], [0, 1, 2])))
            .ShouldContain("'01' may be the name of the class with number 0, or 1, the number of the class '02'");
    }

    [Fact]
    public void Digits_whose_names_are_their_numbers_need_no_more()
    {
        using var leaks = new NoTensorLeaks();
        using DatasetSplits splits = LabelFile.Apply(Write("a.csv", "id,label\n0,2\n"), Splits(["0", "1", "2"], [0, 1, 2]));
        Longs(splits.Training.Labels)[0].ShouldBe(2);
    }

    [Theory]
    [InlineData("cafe\u0301",
        "they differ in 'cafe\u0301' with U+0065 U+0301 (letter and accent apart, NFD) and 'caf\u00e9' with U+00E9 (one character, NFC)")]
    [InlineData("Tee", "'Tee' and 'tee' differ in upper and lower case")]
    public void A_name_that_only_looks_like_a_class_is_told_apart_from_it(string label, string difference)
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", $"id,label\n0,{label}\n");
        Errors.Of(() => LabelFile.Apply(path, Splits(["caf\u00e9", "tee"], [0, 1])))
            .ShouldContain($"but is '{label}' ({difference}). Correct it.");
    }

    [Fact]
    public void Two_columns_of_labels_are_refused()
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", "id,label,class-index\n0,cat,0\n");
        Errors.Of(() => LabelFile.Apply(path, Splits()))
            .ShouldStartWith($"{path}, line 1: labels stand in one column, but the header has 'label' and 'class-index'.");
    }

    [Fact]
    public void A_class_that_loses_its_last_example_is_refused()
    {
        using var leaks = new NoTensorLeaks();
        string path = Write("a.csv", "id,label\n4,cat\n");
        Errors.Of(() => LabelFile.Apply(path, Splits())).ShouldStartWith(
            $"{path}, applied to the training set: each of the 2 classes needs at least one example, but class 'dog' has none.");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Ids 0, 2, 4 are cat, cat, dog; ids 1, 3, 5 dog, cat, dog.</summary>
    private static DatasetSplits Splits()
    {
        using IDisposable scope = NewDisposeScope();
        return new DatasetSplits("toys", "memory", Set([0, 0, 1], [0, 2, 4]), Set([1, 0, 1], [1, 3, 5]), Set([0, 1], [0, 1]))
        {
            ClassNames = ["cat", "dog"],
        };
    }

    /// <summary>
    /// Classes of these names, each twice in the training set (even ids), twice in the holdout (odd ids), once in the test set.
    /// </summary>
    private static DatasetSplits Splits(string[] names, long[] labels)
    {
        using IDisposable scope = NewDisposeScope();
        long[] twice = [.. labels, .. labels], ids = [.. Enumerable.Range(0, twice.Length).Select(i => 2L * i)];
        long[] odd = [.. ids.Select(id => id + 1)];
        return new DatasetSplits("toys", "memory", Set(twice, ids), Set(twice, odd), Set(labels, labels)) { ClassNames = names };
    }

    private static LabeledDataset Set(long[] labels, long[] ids) =>
        new(ones(labels.Length, 2), tensor(labels), (int)labels.Max() + 1, tensor(ids));

    private string Write(string name, string content)
    {
        File.WriteAllText(_folder[name], content);
        return _folder[name];
    }

    private static long[] Longs(Tensor tensor) => [.. tensor.data<long>()];
}
