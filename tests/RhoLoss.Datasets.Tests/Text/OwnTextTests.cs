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
        Write("train.csv",
            "text,label\n" + string.Concat(Enumerable.Range(0, 12).Select(i => $"\"word {i}, yes\",{(i % 3 == 0 ? "spam" : "ham")}\n")));
        Write("test.tsv", "label\ttext\textra\nham\t\"word\t1\nspam\tyes\t2\n");
        using DatasetSplits splits = Load(new OwnTextFiles(_folder.Path), holdout: 0.25);
        splits.Name.ShouldBe("text");
        splits.ClassNames.ShouldBe(["ham", "spam"]);
        splits.Training.CountByClass().ShouldBe([6, 3]);   // a quarter of 8 and of 4 is held out
        splits.Holdout!.CountByClass().ShouldBe([2, 1]);
        Longs(splits.Test.Labels).ShouldBe([0, 1]);
        Longs(splits.Training.Ids).Concat(Longs(splits.Holdout.Ids)).Order().ShouldBe(Enumerable.Range(0, 12).Select(i => (long)i));
        splits.Source.ShouldStartWith(
            $"{_folder["train.csv"]}; test {_folder["test.tsv"]}; class-balanced split, 0.25 to the holdout, split seed 0; ");
    }

    [Fact]
    public void Two_training_files_are_refused_and_a_holdout_in_a_file_of_its_own_is_named()
    {
        using var leaks = new NoTensorLeaks();
        string rows = "text,label\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"word {i},{(i % 2 == 0 ? "a" : "b")}\n"));
        Write("train.csv", rows);
        Write("valid.csv", rows);
        using (DatasetSplits splits = Load(new OwnTextFiles(_folder.Path), holdout: 0.5))
        {
            splits.Notices.ShouldHaveSingleItem().ShouldStartWith($"{_folder.Path}: valid.csv is not read");
        }
        Write("train.tsv", rows);
        Should.Throw<InvalidInputException>(() => Load(new OwnTextFiles(_folder.Path), holdout: 0.5)).Message.ShouldBe(
            $"{_folder["train.csv"]} and {_folder["train.tsv"]} are both there, and only one can be the train file. "
            + "Remove one of them, or name the file with data.training-file.");
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
    [InlineData(
        "words,label\na,x\n",
        "line 1: the header must have a column 'text', but has 'words', 'label'. Name the column so, or set data.text-column; "
        + "if line 1 is data already, put a line with the names of the columns before it.")]
    [InlineData(
        "text,class\na,x\n",
        "line 1: the header must have a column 'label', but has 'text', 'class'. "
        + "Name the column so, or set data.label-column; if line 1 is data already,")]
    [InlineData(
        "text, label\na, x\n",
        "line 1: the header must have a column 'label', but has 'text', ' label'. Name the column so, or set data.label-column: "
        + "' label' differs from it in blanks.")]
    [InlineData(
        "Text,Label\na,x\n",
        "line 1: the header must have a column 'text', but has 'Text', 'Label'. Name the column so, or set data.text-column: "
        + "'Text' differs from it in case.")]
    [InlineData(
        "text,label\na,x\nb,y\rc,z\n",
        "line 3: a line must have the 2 columns of the header (text, label), but has 3. A line end in it is CR alone: "
        + "save the file with line ends of Unix (LF) or Windows (CRLF).")]
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
    [InlineData(
        "text,label\na,x\nb,x\nc,y\n",
        "training and test each need an example of every class, but the 2 of class 0 were split 2 to 0. "
        + "Move data.test-fraction (0.1) towards 0.5, or give at least 5 of every class.")]
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
            $"{_folder["train.csv"]}: training and holdout each need an example of every class, but the 1 of class 1 were split 1 to 0. "
            + "Give at least 2 of every class.");
    }

    [Fact]
    public void A_label_that_only_the_test_file_has_is_refused_with_the_nearest_known_one()
    {
        Write("train.csv", "text,label\na,spam\nb,ham\n");
        Write("test.csv", "text,label\na,spam\nb,Spam!\n");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path), holdout: 0)).ShouldBe(
            $"{_folder["test.csv"]}, line 3: the label must be one of {_folder["train.csv"]} (ham, spam), but is 'Spam!'. "
            + "The nearest is 'spam'. Correct it, or add examples of that class to the training file.");
    }

    [Theory]
    [InlineData("0", "1", "1.0", "1")]
    [InlineData("0", "1", "0.0", "0")]
    [InlineData("1", "10", "9", "10")]            // one replaced character is nearer to 1
    [InlineData("-1", "1", "+1", "1")]
    [InlineData("one", "two", "1.0", "one")]      // words are compared by characters
    public void The_nearest_label_of_numbers_is_nearest_by_value(string first, string second, string wrong, string nearest)
    {
        Write("train.csv", $"text,label\na,{first}\nb,{second}\n");
        Write("test.csv", $"text,label\na,{wrong}\n");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path), holdout: 0)).ShouldContain($"is '{wrong}'. The nearest is '{nearest}'.");
    }

    [Theory]
    [InlineData("pos", "POS", "'POS' 2 times, 'pos' 2 times")]
    [InlineData("very good", "verygood", "'very good' 2 times, 'verygood' 2 times")]
    [InlineData("0", "0.0", "'0' 2 times, '0.0' 2 times")]
    [InlineData("1", "01", "'01' 2 times, '1' 2 times")]
    [InlineData(
        "café",
        "cafe\u0301",
        "'cafe\u0301' 2 times, 'café' 2 times ('cafe\u0301' with U+0065 U+0301 (letter and accent apart, NFD) "
            + "and 'café' with U+00E9 (one character, NFC))")]
    [InlineData("CAFÉ", "cafe\u0301", "'CAFÉ' 2 times, 'cafe\u0301' 2 times")]
    [InlineData("\uD55C", "\u1112\u1161\u11AB", "'\u1112\u1161\u11AB' 2 times, '\uD55C' 2 times "
        + "('\u1112\u1161\u11AB' with U+1112 U+1161 U+11AB (letter and accent apart, NFD) and '\uD55C' with U+D55C (one character, NFC))")]
    [InlineData("pos", "po\u200Bs", "'pos' 2 times, 'po\u200Bs' 2 times")]                   // a blank of no width
    public void Classes_that_a_reader_takes_for_one_are_told(string first, string second, string told)
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", $"text,label\na,{first}\nb,{first}\nc,{second}\nd,{second}\n");
        using DatasetSplits splits = Load(new OwnTextFiles(_folder.Path, TestFraction: 0.5), holdout: 0);
        splits.ClassNames.Count.ShouldBe(2);
        splits.Notices.ShouldBe([$"{_folder["train.csv"]}: some of the 2 classes differ only in case, in blanks, in accents put together "
            + $"or apart, or in how a number is written: {told}. They are classes of their own. "
            + "Write them alike in the file if they are meant to be one."]);
    }

    [Theory]
    [InlineData("10000000000000001", "10000000000000002")]   // the same double
    [InlineData("é", "è")]
    [InlineData("\u00e9", "e\u0300")]                        // é in one form, è in the other
    public void Classes_that_differ_are_not_told(string first, string second)
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", $"text,label\na,{first}\nb,{first}\nc,{second}\nd,{second}\n");
        using DatasetSplits splits = Load(new OwnTextFiles(_folder.Path, TestFraction: 0.5), holdout: 0);
        splits.Notices.ShouldBeEmpty();
    }

    [Fact]
    public void A_label_of_the_test_file_in_another_form_is_told_apart()
    {
        Write("train.csv", "text,label\na,café\nb,x\n");
        Write("test.csv", "text,label\na,cafe\u0301\nb,x\n");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path), holdout: 0)).ShouldContain("but is 'cafe\u0301'. They differ in "
            + "'cafe\u0301' with U+0065 U+0301 (letter and accent apart, NFD) and 'café' with U+00E9 (one character, NFC). Correct it");
    }

    [Fact]
    public void Blanks_around_labels_are_told_where_only_some_lines_have_them()
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", "text,label\na,x\nb, x\nc,y\nd,y \ne,y\n");
        using DatasetSplits some = Load(new OwnTextFiles(_folder.Path, TestFraction: 0.5), holdout: 0);
        some.ClassNames.ShouldBe(["x", "y"]);
        some.Notices.ShouldBe([$"{_folder["train.csv"]}: blanks around labels do not count, but some lines have them and others do not: "
            + "'x' in 1 of 2 lines; 'y' in 1 of 3 lines."]);
        Write("train.csv", "text,label\na, x\nb, x\nc, y\nd, y\n");
        using DatasetSplits all = Load(new OwnTextFiles(_folder.Path, TestFraction: 0.5), holdout: 0);
        all.Notices.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("train.csv", "text,label\n\"a, \"\"b\"\" c\",x\na b,y\r\nb c,x\n\"c\na\",y\ncafé,0.5\n漢 b,0.50\n")]
    [InlineData("train.tsv", "text\tlabel\na \"b\tx\na b\ty\r\nb c\tx\nc a\ty\n漢 b\t1e3\na\t1000\n")]
    public void A_mutated_file_is_read_or_refused_and_never_anything_else(string name, string content)
    {
        using var leaks = new NoTensorLeaks();
        byte[] valid = System.Text.Encoding.UTF8.GetBytes(content);
        byte[] telling = [0, 9, 10, 13, 32, 34, 44, 59, 0xC3, 0xE9, 0xFE, 0xFF];
        var random = new Random(1);
        int read = 0, refused = 0;
        for (int i = 0; i < 3_000; i++)
        {
            List<byte> bytes = [.. valid];
            for (int change = random.Next(1, 4); change > 0 && bytes.Count > 0; change--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = telling[random.Next(telling.Length)]; break;
                    case 1: bytes.Insert(at, telling[random.Next(telling.Length)]); break;
                    case 2: bytes.RemoveRange(at, random.Next(bytes.Count - at)); break;
                    default: bytes.InsertRange(at, bytes[random.Next(at + 1)..]); break;
                }
            }
            _folder.File(name, [.. bytes]);
            try
            {
                Load(new OwnTextFiles(_folder.Path, TestFraction: 0.5), holdout: 0).Dispose();
                read++;
            }
            catch (InvalidInputException e)
            {
                e.Message.ShouldNotContain('\n');
                e.Message.Length.ShouldBeLessThan(1_000);
                refused++;
            }
        }
        read.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Missing_files_are_refused_with_the_key_that_names_them()
    {
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path))).ShouldBe(
            $"{_folder.Path}: there is neither train.csv nor train.tsv. Set data.directory to the folder that holds one of them, "
            + "or data.training-file to the file.");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path, "a.csv"))).ShouldBe(
            $"{_folder["a.csv"]}: no such file. Set data.training-file to the path of a .csv or .tsv file; "
            + $"it is relative to data.directory ({_folder.Path}).");
        Write("train.csv", "text,label\na,spam\nb,ham\n");
        Errors.Of(() => Load(new OwnTextFiles(_folder.Path, TestFile: "t.csv")))
            .ShouldStartWith($"{_folder["t.csv"]}: no such file. Set data.test-file");
    }

    public void Dispose() => _folder.Dispose();

    private static DatasetSplits Load(OwnTextFiles files, double holdout = 0.5, long seed = 0) =>
        OwnText.Load(files, new DatasetOptions(HoldoutFraction: holdout, SplitSeed: seed) { Text = new TextOptions("words", 8) });

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);

    private static long[] Longs(torch.Tensor tensor) => [.. tensor.contiguous().data<long>()];
}
