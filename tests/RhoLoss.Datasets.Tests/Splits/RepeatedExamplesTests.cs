using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using SkiaSharp;

namespace RhoLoss.Datasets.Tests.Splits;

/// <summary>Examples that are in two parts, or have two labels, are told and never refused.</summary>
public sealed class RepeatedExamplesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_test_file_that_is_the_training_file_is_told()
    {
        using var leaks = new NoTensorLeaks();
        string rows = "text,label\n" + string.Concat(Enumerable.Range(0, 8).Select(i => $"word {i},{(i % 2 == 0 ? "a" : "b")}\n"));
        File.WriteAllText(_folder["train.csv"], rows);
        File.WriteAllText(_folder["test.csv"], rows);
        Texts(holdout: 0).ShouldBe([$"{_folder["train.csv"]}: 8 of the 8 test examples are in the training set too: "
            + "test.csv, line 2 is train.csv, line 2; test.csv, line 3 is train.csv, line 3; test.csv, line 4 is train.csv, line 4; …. "
            + "The accuracy counts them although they were learnt from: remove the copies."]);
        KnownDatasets.Source("text").Check(new DatasetOptions(_folder.Path)).Notices.ShouldHaveSingleItem()
            .ShouldStartWith($"{_folder["train.csv"]}: 8 of the 8 test examples are in the training set or holdout too: ");
    }

    [Fact]
    public void A_text_with_two_labels_is_told_in_whatever_part_it_is_and_blanks_around_it_do_not_count()
    {
        using var leaks = new NoTensorLeaks();
        File.WriteAllText(_folder["train.csv"], "text,label\nyes,a\nno,b\n yes ,b\nyes,a\nso,b\n");
        File.WriteAllText(_folder["test.csv"], "text,label\nyes maybe,a\nso,a\nyes never,b\n");
        Texts(holdout: 0).ShouldBe(
        [
            $"{_folder["train.csv"]}: 1 of the 3 test examples is in the training set too: test.csv, line 3 is train.csv, line 6. "
                + "The accuracy counts them although they were learnt from: remove the copies.",
            $"{_folder["train.csv"]}: 2 texts have more than one label, in 5 examples: train.csv, line 2 ('a') and train.csv, line 4 "
                + "('b'); train.csv, line 6 ('b') and test.csv, line 3 ('a'). Correct the labels, or remove all but one of each.",
        ]);
    }

    [Fact]
    public void A_text_that_the_split_puts_into_training_set_and_holdout_is_told()
    {
        using var leaks = new NoTensorLeaks();
        File.WriteAllText(_folder["train.csv"], "text,label\nyes,a\nyes,a\nyes no,b\nyes never,b\n");   // half of each class is held out
        File.WriteAllText(_folder["test.csv"], "text,label\nyes maybe,a\nyes so,b\n");
        Texts(holdout: 0.5).ShouldHaveSingleItem().ShouldStartWith(
            $"{_folder["train.csv"]}: 1 of the 2 holdout examples is in the training set too: train.csv, line ");
    }

    [Fact]
    public void Texts_that_differ_are_not_told()
    {
        using var leaks = new NoTensorLeaks();
        File.WriteAllText(_folder["train.csv"], "text,label\nyes,a\nYes,a\nno,b\nno.,b\n");
        File.WriteAllText(_folder["test.csv"], "text,label\nYES,a\nNO,b\n");
        Texts(holdout: 0.5).ShouldBeEmpty();
    }

    [Fact]
    public void Copies_and_hard_links_of_an_image_in_two_classes_or_parts_are_told()
    {
        using var leaks = new NoTensorLeaks();
        byte shade = 0;
        foreach (string part in (string[])["train", "valid", "test"])
        {
            foreach (string name in (string[])["cat", "dog"])
            {
                for (int i = 0; i < 2; i++) { TestImages.Write(_folder[part, name, $"{i}.png"], new SKColor(shade++, 0, 0)); }
            }
        }
        Images().ShouldBeEmpty();
        File.Copy(_folder["train", "cat", "0.png"], _folder["train", "dog", "copy.png"]);
        File.Copy(_folder["train", "cat", "1.png"], _folder["valid", "cat", "copy.png"]);
        HardLink(_folder["valid", "dog", "0.png"], _folder["test", "dog", "link.png"]);
        string[] told =
        [
            $"{_folder.Path}: 1 of the 5 test examples is in the training set or holdout too: test/dog/link.png is valid/dog/0.png. "
                + "The accuracy counts them although they were learnt from: remove the copies.",
            $"{_folder.Path}: 1 of the 5 holdout examples is in the training set too: valid/cat/copy.png is train/cat/1.png. "
                + "Losses of a model that was trained on them say nothing about them: remove the copies.",
            $"{_folder.Path}: 1 image has more than one label, in 2 examples: train/cat/0.png ('cat') and train/dog/copy.png ('dog'). "
                + "Correct the labels, or remove all but one of each.",
        ];
        Images().ShouldBe(told);
        DatasetCheck check = KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path));
        check.Notices.ShouldBe(told);
        check.Passed.ShouldBeTrue();
    }

    [Fact]
    public void Images_that_cannot_be_read_are_not_compared()
    {
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        foreach (string part in (string[])["train", "test"]) { File.WriteAllText(_folder[part, "cat", "bad.png"], "no image"); }
        KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path)).Notices
            .ShouldNotContain(note => note.Contains("bad.png"));
    }

    private static void HardLink(string file, string link)
    {
        using var ln = System.Diagnostics.Process.Start("ln", [file, link]);
        ln.WaitForExit();
        ln.ExitCode.ShouldBe(0);
    }

    private IReadOnlyList<string> Texts(double holdout)
    {
        using DatasetSplits splits = KnownDatasets.Load("text",
            new DatasetOptions(_folder.Path, holdout) { Text = new TextOptions("words", 8) });
        return splits.Notices;
    }

    private IReadOnlyList<string> Images()
    {
        using DatasetSplits splits = KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path) { ImageSize = 8 });
        return splits.ContentNotices!();
    }
}
