using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Datasets.Text;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Text;

public sealed class OwnTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_training_and_a_test_file_become_training_set_holdout_and_test_set()
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 12).Select(i => $"\"word {i}, yes\",{(i % 3 == 0 ? "spam" : "ham")}\n")));
        Write("test.tsv", "label\ttext\textra\nham\t\"word\t1\nspam\tyes\t2\n");
        using DatasetSplits splits = Load(new OwnTextFiles(_folder.Path), holdout: 0.25);
        splits.Name.ShouldBe("text");
        splits.ClassNames.ShouldBe(["ham", "spam"]);
        splits.Training.CountByClass().ShouldBe([6, 3]);   // a quarter of 8 and of 4 is held out
        splits.Holdout!.CountByClass().ShouldBe([2, 1]);
        Longs(splits.Test.Labels).ShouldBe([0, 1]);
        Longs(splits.Training.Ids).Concat(Longs(splits.Holdout.Ids)).Order().ShouldBe(Enumerable.Range(0, 12).Select(i => (long)i));
        splits.Source.ShouldStartWith($"{_folder["train.csv"]}; test {_folder["test.tsv"]}; class-balanced split, 0.25 to the holdout, split seed 0; ");
    }

    [Fact]
    public void Without_a_test_file_a_share_of_each_class_is_the_test_set()
    {
        using var leaks = new NoTensorLeaks();
        Write("mine.tsv", "body\tkind\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"word {i}\t{(i % 4 == 0 ? 10 : 9)}\n")));
        var files = new OwnTextFiles(_folder.Path, "mine.tsv", TestFraction: 0.2, TextColumn: "body", LabelColumn: "kind");
        using DatasetSplits splits = Load(files, holdout: 0), again = Load(files, holdout: 0), other = Load(files, holdout: 0, seed: 1);
        splits.ClassNames.ShouldBe(["9", "10"]);           // by value, not as words
        splits.Test.CountByClass().ShouldBe([6, 2]);       // a fifth of 30 and of 10
        splits.Training.CountByClass().ShouldBe([24, 8]);
        splits.Holdout.ShouldBeNull();
        Longs(again.Test.Ids).ShouldBe(Longs(splits.Test.Ids));
        Longs(other.Test.Ids).ShouldNotBe(Longs(splits.Test.Ids));
    }

    [Theory]
    [InlineData("words,label\na,x\n", "line 1: the header must have a column 'text', but has 'words', 'label'. Name the column so, or set data.text-column.")]
    [InlineData("text,class\na,x\n", "line 1: the header must have a column 'label', but has 'text', 'class'. Name the column so, or set data.label-column.")]
    [InlineData("text,label,text\na,x,b\n", "line 1: each column may be there once, but 'text' comes twice.")]
    [InlineData("text,label\na,x\nb, so,y\n", "line 3: a line must have the 2 columns of the header (text, label), but has 3.")]
    [InlineData("text,label\na,x\n ,y\n", "line 3: the text must not be empty.")]
    [InlineData("text,label\na,x\nb, \n", "line 3: the label must not be empty.")]
    public void A_line_that_breaks_a_rule_is_named(string content, string rule)
    {
        Write("train.csv", content);
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path))).ShouldStartWith($"{_folder["train.csv"]}, {rule}");
    }

    [Theory]
    [InlineData("text,label\n", "the file must have at least one line of data after its header, but has none.")]
    [InlineData("text,label\na,x\nb,x\n", "there must be at least two classes, but every label is 'x'.")]
    [InlineData("text,label\na,x\nb,x\nc,y\n", "training and test each need an example of every class, but the 2 of class 0 were split 2 to 0. Move data.test-fraction (0.1) towards 0.5, or give at least 5 of every class.")]
    public void A_file_with_too_little_in_it_is_refused(string content, string rule)
    {
        Write("train.csv", content);
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path))).ShouldStartWith($"{_folder["train.csv"]}: {rule}");
    }

    [Fact]
    public void A_class_without_a_holdout_example_is_refused()
    {
        Write("train.csv", "text,label\na,x\nb,x\nc,x\nd,y\n");
        Write("test.csv", "text,label\na,x\nb,y\n");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path), holdout: 0.4)).ShouldBe(
            $"{_folder["train.csv"]}: training and holdout each need an example of every class, but the 1 of class 1 were split 1 to 0. Give at least 2 of every class.");
    }

    [Fact]
    public void A_label_that_only_the_test_file_has_is_refused_with_the_nearest_known_one()
    {
        Write("train.csv", "text,label\na,spam\nb,ham\n");
        Write("test.csv", "text,label\na,spam\nb,Spam!\n");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path), holdout: 0)).ShouldBe(
            $"{_folder["test.csv"]}, line 3: the label must be one of {_folder["train.csv"]} (ham, spam), but is 'Spam!'. The nearest is 'spam'. Correct it, or add examples of that class to the training file.");
    }

    [Fact]
    public void Missing_files_are_refused_with_the_key_that_names_them()
    {
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path))).ShouldBe(
            $"{_folder.Path}: there is neither train.csv nor train.tsv. Set data.directory to the folder that holds one of them, or data.training-file to the file.");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path, "a.csv"))).ShouldBe(
            $"{_folder["a.csv"]}: no such file. Set data.training-file to the path of a .csv or .tsv file; it is relative to data.directory ({_folder.Path}).");
        Write("train.csv", "text,label\na,spam\nb,ham\n");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path, TestFile: "t.csv"))).ShouldStartWith($"{_folder["t.csv"]}: no such file. Set data.test-file");
    }

    public void Dispose() => _folder.Dispose();

    private static DatasetSplits Load(OwnTextFiles files, double holdout = 0.5, long seed = 0) =>
        OwnText.Load(files, new DatasetOptions(HoldoutFraction: holdout, SplitSeed: seed) { Text = new TextOptions("words", 8) });

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);

    private static long[] Longs(torch.Tensor tensor) => [.. tensor.contiguous().data<long>()];
}
