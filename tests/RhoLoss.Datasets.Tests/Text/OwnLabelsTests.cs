using System.Globalization;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Text;

/// <summary>Labels of a user's own texts: what is told of them, and what is refused.</summary>
public sealed class OwnLabelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_label_that_only_the_test_file_has_is_refused_with_the_nearest_known_one()
    {
        Write("train.csv", "text,label\na,spam\nb,ham\n");
        Write("test.csv", "text,label\na,spam\nb,Spam!\n");
        Errors.Of(() => Load(new OwnTextFiles(), holdout: 0)).ShouldBe(
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
        Errors.Of(() => Load(new OwnTextFiles(), holdout: 0)).ShouldContain($"is '{wrong}'. The nearest is '{nearest}'.");
    }

    [Theory]
    [InlineData("pos", "POS", "'POS' 2 times, 'pos' 2 times")]
    [InlineData("very good", "verygood", "'very good' 2 times, 'verygood' 2 times")]
    [InlineData("0", "0.0", "'0' 2 times, '0.0' 2 times")]
    [InlineData("1", "01", "'01' 2 times, '1' 2 times")]
    [InlineData("'cat'", "cat", "''cat'' 2 times, 'cat' 2 times")]
    [InlineData(
        "café",
        "cafe\u0301",
        "'cafe\u0301' 2 times, 'café' 2 times ('cafe\u0301' with U+0065 U+0301 (letter and accent apart, NFD) "
            + "and 'café' with U+00E9 (one character, NFC))")]
    [InlineData("CAFÉ", "cafe\u0301", "'CAFÉ' 2 times, 'cafe\u0301' 2 times")]
    [InlineData("\uD55C", "\u1112\u1161\u11AB", "'\u1112\u1161\u11AB' 2 times, '\uD55C' 2 times "
        + "('\u1112\u1161\u11AB' with U+1112 U+1161 U+11AB (letter and accent apart, NFD) and '\uD55C' with U+D55C (one character, NFC))")]
    [InlineData("pos", "po\u200Bs", "'pos' 2 times, 'po[U+200B]s' 2 times")]                   // a blank of no width
    public void Classes_that_a_reader_takes_for_one_are_told(string first, string second, string told)
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", $"text,label\nan a,{first}\nan b,{first}\nan c,{second}\nan d,{second}\n");
        using DatasetSplits splits = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        splits.ClassNames.Count.ShouldBe(2);
        splits.Notices.ShouldBe([$"{_folder["train.csv"]}: some of the 2 classes differ only in case, in blanks, in quotes around them, "
            + $"in accents put together or apart, or in how a number is written: {told}. They are classes of their own. "
            + "Write them alike in the file if they are meant to be one."]);
    }

    [Fact]
    public void Quotes_of_a_tab_separated_file_are_part_of_its_labels_and_told()
    {
        using var leaks = new NoTensorLeaks();
        Write("train.tsv", "text\tlabel\nan a\t\"cat\"\nan b\t\"cat\"\nan c\tcat\nan d\tcat\nan e\tdog\nan f\tdog\n");
        using DatasetSplits splits = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        splits.ClassNames.ShouldBe(["\"cat\"", "cat", "dog"]);
        splits.Notices.ShouldHaveSingleItem().ShouldContain("in quotes around them, in accents put together or apart, "
            + "or in how a number is written: '\"cat\"' 2 times, 'cat' 2 times. They are classes of their own.");
    }

    [Theory]
    [InlineData("nan", "a class is", "It is a class like any other")]
    [InlineData("N/A,None", "classes are", "They are classes like any others")]
    [InlineData("<NA>,null", "classes are", "They are classes like any others")]
    public void Labels_that_look_like_a_missing_value_are_told_with_their_number(string labels, string what, string kept)
    {
        using var leaks = new NoTensorLeaks();
        string[] missing = labels.Split(',');
        Write("train.csv", "text,label\nan a,x\nan b,x\n"
            + string.Concat(missing.Select(label => $"an c {label},{label}\nan d {label},{label}\n")));
        using DatasetSplits splits = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        splits.ClassNames.ShouldBe(missing.Append("x"), ignoreOrder: true);
        splits.Notices.ShouldBe([$"{_folder["train.csv"]}: {what} called as programs write a missing value: "
            + $"{string.Join("; ", missing.Select(label => $"'{label}' 2 times"))}. {kept}. Remove these lines if no label is known."]);
    }

    [Fact]
    public void Labels_of_a_regression_are_refused_where_they_are_there_once()
    {
        Write("train.csv", "text,label\na,0.13\nb,0.72\nc,1.5\nd,-2\ne,3e-1\nf,0.13\n");
        Errors.Of(() => Load(new OwnTextFiles())).ShouldBe(
            $"{_folder["train.csv"]}: labels look like the numbers of a regression: 5 different ones (-2, 0.13, 0.72, …) in 6 lines, "
            + "4 of them once. Each would be a class, whose only example cannot be in every part of the set. This trains classifiers: "
            + "name a column of classes (data.label-column), or put the numbers into a few classes, such as low, middle and high.");
    }

    [Fact]
    public void A_column_in_which_hardly_a_word_comes_twice_is_no_column_of_classes()
    {
        Write("train.csv", "text,label\na,Ann\nb,Bob\nc,Cleo\nd,Dan\ne,Ann\n");
        Errors.Of(() => Load(new OwnTextFiles())).ShouldBe(
            $"{_folder["train.csv"]}: there are 4 different labels in 5 lines (Ann, Bob, Cleo, …), 3 of them once. "
            + "Each would be a class, whose only example cannot be in every part of the set. "
            + "If 'label' is not the column of classes, name it with data.label-column.");
    }

    [Theory]
    [InlineData(21, true)]     // more than a scale of half points from 0 to 10 has
    [InlineData(20, false)]
    public void Many_labels_that_are_not_whole_numbers_are_told(int classes, bool told)
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 2 * classes)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"word {i},{i % classes / 2.0}\n"))));
        using DatasetSplits splits = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        splits.Notices.Any(note => note.Contains("labels look like the numbers of a regression", StringComparison.Ordinal)).ShouldBe(told);
    }

    [Fact]
    public void A_class_too_rare_to_be_split_is_told_apart_from_the_one_that_it_may_be()
    {
        Write("train.csv", "text,label\na,spam\nb,spam\nc,ham\nd,ham\ne,sp\u200Bam\n");
        Errors.Of(() => Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0)).ShouldContain(
            "but the 1 of class 'sp[U+200B]am' were split 0 to 1. Write it as 'spam' if it is meant to be that class. Give at least");
    }

    [Theory]
    [InlineData("10000000000000001", "10000000000000002")]   // the same double
    [InlineData("é", "è")]
    [InlineData("\u00e9", "e\u0300")]                        // é in one form, è in the other
    public void Classes_that_differ_are_not_told(string first, string second)
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", $"text,label\nan a,{first}\nan b,{first}\nan c,{second}\nan d,{second}\n");
        using DatasetSplits splits = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        splits.Notices.ShouldBeEmpty();
    }

    [Fact]
    public void A_label_of_the_test_file_in_another_form_is_told_apart()
    {
        Write("train.csv", "text,label\na,café\nb,x\n");
        Write("test.csv", "text,label\na,cafe\u0301\nb,x\n");
        Errors.Of(() => Load(new OwnTextFiles(), holdout: 0)).ShouldContain("but is 'cafe\u0301'. They differ in "
            + "'cafe\u0301' with U+0065 U+0301 (letter and accent apart, NFD) and 'café' with U+00E9 (one character, NFC). Correct it");
    }

    [Fact]
    public void Blanks_around_labels_are_told_where_only_some_lines_have_them()
    {
        using var leaks = new NoTensorLeaks();
        Write("train.csv", "text,label\nan a,x\nan b, x\nan c,y\nan d,y \nan e,y\n");
        using DatasetSplits some = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        some.ClassNames.ShouldBe(["x", "y"]);
        some.Notices.ShouldBe([$"{_folder["train.csv"]}: blanks around labels do not count, but some lines have them and others do not: "
            + "'x' in 1 of 2 lines; 'y' in 1 of 3 lines."]);
        Write("train.csv", "text,label\nan a, x\nan b, x\nan c, y\nan d, y\n");
        using DatasetSplits all = Load(new OwnTextFiles(TestFraction: 0.5), holdout: 0);
        all.Notices.ShouldBeEmpty();
    }

    public void Dispose() => _folder.Dispose();

    private DatasetSplits Load(OwnTextFiles files, double holdout = 0.5) =>
        KnownDatasets.Load("text", new DatasetOptions(_folder.Path, HoldoutFraction: holdout)
        {
            Text = new TextOptions("words", 8),
            OwnTexts = files,
        });

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);
}
