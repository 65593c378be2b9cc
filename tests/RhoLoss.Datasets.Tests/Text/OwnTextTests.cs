using RhoLoss.Datasets.Tests.Support;
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
        using DatasetSplits splits = Load(new OwnTextFiles(), holdout: 0.25);
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
        using (DatasetSplits splits = Load(new OwnTextFiles(), holdout: 0.5))
        {
            splits.Notices.ShouldHaveSingleItem().ShouldStartWith($"{_folder.Path}: valid.csv is not read");
        }
        Write("train.tsv", rows);
        Should.Throw<InvalidInputException>(() => Load(new OwnTextFiles(), holdout: 0.5)).Message.ShouldBe(
            $"{_folder["train.csv"]} and {_folder["train.tsv"]} are both there, and only one can be the train file. "
            + "Remove one of them, or name the file with data.training-file.");
    }

    [Fact]
    public void Without_a_test_file_a_share_of_each_class_is_the_test_set()
    {
        using var leaks = new NoTensorLeaks();
        Write("mine.tsv", "body\tkind\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"word {i}\t{(i % 4 == 0 ? 10 : 9)}\n")));
        var files = new OwnTextFiles("mine.tsv", TestFraction: 0.2, TextColumn: "body", LabelColumn: "kind");
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
    [InlineData(
        "text,label,text\na,x,b\n",
        "line 1: each column may be there once, but 'text' comes twice. Rename or remove one of them.")]
    [InlineData(
        "te\u200Bxt,label\na,x\n",
        "line 1: the header must have a column 'text', but has 'te[U+200B]xt', 'label'. Name the column so, or set data.text-column: "
        + "'te[U+200B]xt' differs from it in characters that do not show (U+200B).")]
    [InlineData(
        "text,label\u00A0\na,x\n",
        "line 1: the header must have a column 'label', but has 'text', 'label[U+00A0]'. Name the column so, or set data.label-column: "
        + "'label[U+00A0]' differs from it in characters that do not show (U+00A0).")]
    [InlineData(
        "text,label\na,x\nb,y\ntext,label\nc,x\n",
        "line 4: the header may be there once, but this line repeats it, as in files that were joined. Remove the line.")]
    [InlineData(
        "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"y\"}\n",
        "line 1: the header must name columns, but this line is JSON. Convert the file to CSV with a header, in Python: "
        + "`import pandas; pandas.read_json(\"train.csv\", lines=True).to_csv(\"train.csv\", index=False)`.")]
    [InlineData("[\n{\"text\": \"a\"}\n]\n", "line 1: the header must name columns, but this line is JSON.")]
    [InlineData("text,label\na,x\nb, so,y\n", "line 3: a line must have the 2 columns of the header (text, label), but has 3.")]
    [InlineData("text,label\na,x\n ,y\n", "line 3: the text must not be empty.")]
    [InlineData("text,label\na,x\nb, \n", "line 3: the label must not be empty.")]
    public void A_line_that_breaks_a_rule_is_named(string content, string rule)
    {
        Write("train.csv", content);
        Errors.Of(() => Load(new OwnTextFiles())).ShouldStartWith($"{_folder["train.csv"]}, {rule}");
    }

    [Theory]
    [InlineData("text,label\n", "the file must have at least one line of data after its header, but has none.")]
    [InlineData("text,label\na,x\nb,x\n", "there must be at least two classes, but every label is 'x'.")]
    [InlineData(
        "text,label\na,x\nb,x\nc,y\n",
        "training and test each need an example of every class, but the 2 of class 'x' were split 2 to 0. "
        + "Move data.test-fraction (0.1) towards 0.5, or give at least 5 of every class.")]
    public void A_file_with_too_little_in_it_is_refused(string content, string rule)
    {
        Write("train.csv", content);
        Errors.Of(() => Load(new OwnTextFiles())).ShouldStartWith($"{_folder["train.csv"]}: {rule}");
    }

    [Fact]
    public void A_class_without_a_holdout_example_is_refused()
    {
        Write("train.csv", "text,label\na,x\nb,x\nc,x\nd,y\n");
        Write("test.csv", "text,label\na,x\nb,y\n");
        Errors.Of(() => Load(new OwnTextFiles(), holdout: 0.4)).ShouldBe(
            $"{_folder["train.csv"]}: training and holdout each need an example of every class, but the 1 of class 'y' were split 1 to 0. "
            + "Give at least 2 of every class.");
    }

    [Fact]
    public void Quotes_in_the_header_of_a_tab_separated_file_are_told()
    {
        Write("train.tsv", "\"text\"\t\"label\"\na\tx\n");
        Errors.Of(() => Load(new OwnTextFiles())).ShouldEndWith("Name the column so, or set data.text-column: "
            + "'\"text\"' differs from it in quotes, which a .tsv file has as characters like others.");
    }

    [Fact]
    public void Two_byte_order_marks_are_as_good_as_one()
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", "\uFEFF\uFEFFtext,label\na,x\nb,x\nc,y\nd,y\n");
        using DatasetSplits splits = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        splits.ClassNames.ShouldBe(["x", "y"]);
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
                Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0).Dispose();
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
    public void A_test_file_without_labels_is_told_what_else_works()
    {
        Write("train.csv", "text,label\na,x\nb,y\n");
        Write("test.csv", "id,text\n0,c\n1,d\n");
        Errors.Of(() => Load(new OwnTextFiles(), holdout: 0)).ShouldBe(
            $"{_folder["test.csv"]}, line 1: the header must have a column 'label', but has 'id', 'text'. "
            + "Name the column so, or set data.label-column; a test file without labels tests nothing: call it something else, "
            + "and a share of the training file is the test set.");
    }

    [Fact]
    public void Texts_without_a_known_word_are_counted()
    {
        using var leaks = new NoTensorLeaks();
        // Every word comes once; of the test texts three come twice in the training file.
        string[] words = [.. Enumerable.Range(0, 8).Select(i => $"{(char)('a' + i)}x")];
        Write("train.csv", "text,label\n" + string.Concat(words.Select((word, i) => $"{word} {word}{word},{(i % 2 == 0 ? "m" : "n")}\n")));
        const string Advice = "so a model cannot tell them apart. It has the words that come twice in the training file: check that the "
            + "column is the one of the texts, give more of them, or set data.vocabulary to one that comes with its words.";
        using (DatasetSplits splits = Load(new OwnTextFiles(TestFraction: 0.25), holdout: 0))
        {
            splits.Notices.ShouldBe(
                [$"{_folder["train.csv"]}: 8 of 8 texts have no word that the vocabulary knows (4 words of the training file), {Advice}"]);
        }
        Write("train.csv", "text,label\n" + string.Concat(words.Select((word, i) => $"{word} cat,{(i % 2 == 0 ? "m" : "n")}\n")));
        Write("test.csv", "text,label\na cat,m\nno dog,n\nno fish,n\n");
        using (DatasetSplits splits = Load(new OwnTextFiles(), holdout: 0))
        {
            splits.Notices.ShouldBe(
                [$"{_folder["test.csv"]}: 2 of 3 texts have no word that the vocabulary knows (5 words of the training file), {Advice}"]);
        }
    }

    [Fact]
    public void Names_of_image_files_in_place_of_texts_are_told()
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", "text,label\na.png,x\nb.JPG,x\nc.png,y\nan image named d.png,y\n");
        using DatasetSplits splits = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        splits.Notices.ShouldBe([$"{_folder["train.csv"]}: 3 of 4 texts are names of image files, "
            + "which are read as texts, and no image is. To train on the images put those of each class into a folder, "
            + "and give the folder that holds these."]);
    }

    [Fact]
    public void Missing_files_are_refused_with_the_key_that_names_them()
    {
        Errors.Of(() => Load(new OwnTextFiles())).ShouldBe(
            $"{_folder.Path}: there is neither train.csv nor train.tsv. Set data.directory to the folder that holds one of them, "
            + "or data.training-file to the file.");
        Errors.Of(() => Load(new OwnTextFiles("a.csv"))).ShouldBe(
            $"{_folder["a.csv"]}: no such file. Set data.training-file to the path of a .csv or .tsv file; "
            + $"it is relative to data.directory ({_folder.Path}).");
        Write("train.csv", "text,label\na,spam\nb,ham\n");
        Errors.Of(() => Load(new OwnTextFiles(TestFile: "t.csv")))
            .ShouldStartWith($"{_folder["t.csv"]}: no such file. Set data.test-file");
    }

    public void Dispose() => _folder.Dispose();

    private DatasetSplits Load(OwnTextFiles files, double holdout = 0.5, long seed = 0) =>
        KnownDatasets.Load("text", new DatasetOptions(_folder.Path, HoldoutFraction: holdout, SplitSeed: seed)
        {
            Text = new TextOptions("words", 8),
            OwnTexts = files,
        });

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);

    private static long[] Longs(torch.Tensor tensor) => [.. tensor.contiguous().data<long>()];
}
