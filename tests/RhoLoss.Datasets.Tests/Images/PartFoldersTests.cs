using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using SkiaSharp;

namespace RhoLoss.Datasets.Tests.Images;

/// <summary>Folders of parts as people call them, and what is none.</summary>
public sealed class PartFoldersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train", "validation", "test")]
    [InlineData("Train", "Val", "TEST")]
    [InlineData("Training", "dev", "Testing")]
    [InlineData("training_set", "hold-out", "test set")]
    [InlineData("train_data", "validation_data", "testdata")]
    [InlineData("train", "dev", "tests")]
    [InlineData("train", "val", "eval")]
    [InlineData("TRAIN", "Validation", "Evaluation")]
    public void Parts_are_found_whatever_their_case_and_by_their_usual_spellings(string train, string holdout, string test)
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 3, train, holdout);
        TestImages.Tree(_folder.Path, 2, test);
        using DatasetSplits splits = Load();
        (splits.Training.Count, splits.Holdout!.Count, splits.Test.Count).ShouldBe((6, 6, 4));
        splits.ClassNames.ShouldBe(["cat", "dog"]);
        splits.LeftOut.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("train", "Training", "the training set is one folder, but there are 'Training' and 'train'.")]
    [InlineData("valid", "validation", "the holdout is one folder, but there are 'valid' and 'validation'.")]
    [InlineData("test", "testing", "the test set is one folder, but there are 'test' and 'testing'.")]
    [InlineData("test", "tests", "the test set is one folder, but there are 'test' and 'tests'.")]
    public void Two_folders_that_mean_the_same_part_are_refused(string first, string second, string message)
    {
        TestImages.Tree(_folder.Path, 2, [.. new[] { "train", "test", first, second }.Distinct()]);
        Errors.Of(Load).ShouldBe($"{_folder.Path}: {message} Remove or rename all but one.");
    }

    [Fact]
    public void Parts_without_a_test_set_are_named_with_what_would_work()
    {
        TestImages.Tree(_folder.Path, 2, "train", "val");
        Errors.Of(Load).ShouldBe($"{_folder.Path}: a set in parts needs a folder 'train' and a folder 'test', "
            + "but there is 'train' for the training set and 'val' for the holdout only. "
            + $"Add 'test' with one folder per class. To have a fifth of each class as test set, give {_folder["train"]} alone.");
    }

    [Fact]
    public void A_folder_of_an_evaluation_beside_a_test_set_is_not_guessed()
    {
        TestImages.Tree(_folder.Path, 2, "train", "test", "eval");
        Errors.Of(Load).ShouldBe($"{_folder.Path}: the test set is one folder, but there are 'eval' and 'test'. "
            + "Remove or rename all but one. If one of them is the holdout, call it 'valid'.");
    }

    [Fact]
    public void Every_folder_beside_the_parts_is_named_also_where_a_part_is_missing()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 2, "train", "probe", "new images");
        Errors.Of(Load).ShouldContain(
            "but there is 'train' for the training set only. Not known as parts: 'new images', 'probe'. Add 'test' with one folder");
        Directory.Move(_folder["probe"], _folder["tests"]);
        using DatasetSplits splits = Load();
        splits.LeftOut.ShouldBe(["1 folder beside those of the parts: new images"]);
        splits.Source.ShouldBe($"image-folder in {_folder.Path}; train holds out 0.5 of each class, split seed 0; tests is the test set");
    }

    [Theory]
    [InlineData("seg_train", "seg_test")]
    [InlineData("train2017", "images-val")]
    public void Folders_that_are_almost_called_as_parts_are_no_classes(string first, string second)
    {
        TestImages.Tree(_folder.Path, 3, first, second);
        string[] inOrder = [.. new[] { first, second }.Order(StringComparer.Ordinal)];
        Errors.Of(Load).ShouldBe($"{_folder.Path}: '{inOrder[0]}', '{inOrder[1]}' hold folders and are called as parts of a set are, "
            + "but not quite. Rename them to 'train', 'valid' and 'test', each with one folder per class.");
    }

    [Theory]
    [InlineData("te", "tr", "va")]
    [InlineData("fold 1", "fold 2")]
    [InlineData("train/one", "train/two", "test/one", "test/two")]
    public void Class_folders_that_hold_folders_of_the_same_names_are_no_classes(params string[] folders)
    {
        TestImages.Tree(_folder.Path, 3, folders);
        TestImages.Write(_folder[[.. folders[0].Split('/'), "cover.png"]], SKColors.Red);   // beside the folders, a cover say
        string[] top = [.. folders.Where(name => !name.StartsWith("test/", StringComparison.Ordinal))];
        string inside = top[0].Contains('/', StringComparison.Ordinal) ? _folder["train"] : _folder.Path;
        string named = string.Join(", ", top.Select(name => $"'{Path.GetFileName(name)}'"));
        Errors.Of(Load).ShouldBe(
            $"{inside}: {named} hold folders of the same names ('cat', 'dog'), so they look like parts of a set, with the classes one "
            + "level down. Rename them to 'train', 'valid' and 'test' (understood are "
            + "train, training, trains, trn; valid, val, validation, validate, vals, dev, devel, development, holdout, heldout; "
            + "test, testing, tests, tst, eval, evaluation, evaluate). "
            + "If they are classes, put their images into them without folders between.");
    }

    [Fact]
    public void Class_folders_with_one_folder_each_or_with_images_beside_their_folders_are_classes()
    {
        using var check = new NoTensorLeaks();
        byte shade = 0;
        foreach (string name in (string[])["cat", "dog"])
        {
            for (int i = 0; i < 3; i++)
            {
                TestImages.Write(_folder[name, $"{i}.png"], new SKColor(shade++, 0, 0));
                TestImages.Write(_folder[name, i == 0 ? "indoors" : "outdoors", $"{i}.png"], new SKColor(shade++, 0, 0));
            }
        }
        for (int i = 0; i < 3; i++) { TestImages.Write(_folder["owl", "images", $"{i}.png"], new SKColor(shade++, 0, 0)); }
        using DatasetSplits splits = Load();
        splits.ClassNames.ShouldBe(["cat", "dog", "owl"]);
        (splits.Training.Count + splits.Holdout!.Count + splits.Test.Count).ShouldBe(15);   // the nested images are read too

        Directory.Delete(_folder["cat"], recursive: true);
        Directory.Delete(_folder["dog"], recursive: true);
        for (int i = 0; i < 3; i++) { TestImages.Write(_folder["bat", "images", $"{i}.png"], new SKColor(shade++, 0, 0)); }
        using DatasetSplits one = Load();
        one.ClassNames.ShouldBe(["bat", "owl"]);
    }

    [Theory]
    [InlineData("valid", 0, ", or remove the folder: a share of the training images is the holdout then")]
    [InlineData("valid", 2, ", or remove the folder: a share of the training images is the holdout then")]
    [InlineData("test", 0, "")]
    [InlineData("test", 1, "")]
    public void A_part_without_class_folders_is_told_what_it_should_hold(string part, int images, string other)
    {
        TestImages.Tree(_folder.Path, 2, [.. new[] { "train", "valid", "test" }.Where(name => name != part)]);
        Directory.CreateDirectory(_folder[part]);
        for (int i = 0; i < images; i++) { TestImages.Write(_folder[part, $"{i}.png"], SKColors.Red); }
        string found = images == 0 ? "holds no folder and no image" : $"holds {Counted.Of(images, "image")} and no folder";
        Errors.Of(Load).ShouldBe($"{_folder[part]}: a part of a set holds one folder per class, but this one {found}. "
            + $"Put the images of each class into a folder of its name ('{part}/cat', '{part}/dog'){other}.");
    }

    [Fact]
    public void Classes_may_have_the_name_of_a_part_among_their_words()
    {
        using var check = new NoTensorLeaks();
        foreach (string name in (string[])["freight train", "test card", "bus"])
        {
            for (int i = 0; i < 3; i++) { TestImages.Write(_folder[name, $"{i}.png"], SKColors.Red); }
        }
        using DatasetSplits splits = Load();
        splits.ClassNames.ShouldBe(["bus", "freight train", "test card"]);
    }

    [Theory]
    [InlineData("test")]
    [InlineData("valid", "test")]
    public void Parts_without_a_training_set_are_no_classes(params string[] parts)
    {
        TestImages.Tree(_folder.Path, 2, parts);
        Errors.Of(Load).ShouldContain("a set in parts needs a folder 'train' and a folder 'test', but there is ");
    }

    [Fact]
    public void A_class_may_be_called_as_a_holdout_is()
    {
        using var check = new NoTensorLeaks();
        foreach (string name in (string[])["valid", "invalid"])
        {
            for (int i = 0; i < 5; i++) { TestImages.Write(_folder[name, $"{i}.png"], SKColors.Red); }
        }
        using DatasetSplits splits = Load();
        splits.ClassNames.ShouldBe(["invalid", "valid"]);
    }

    [Theory]
    [InlineData("photos")]
    [InlineData("backup/photos")]
    public void One_level_too_high_is_refused_and_the_folder_below_is_named(string outer)
    {
        TestImages.Tree(_folder[outer.Split('/')], 3, "");
        Errors.Of(Load).ShouldBe(
            $"{_folder.Path}: a classifier needs at least two classes, but there is one folder, '{outer.Split('/')[0]}'. "
            + $"Give {_folder[outer.Split('/')]}, which holds 'cat', 'dog'.");
    }

    [Fact]
    public void One_class_is_refused()
    {
        foreach (string part in (string[])["train", "test"]) { TestImages.Write(_folder[part, "cat", "0.png"], SKColors.Red); }
        Errors.Of(Load).ShouldBe(
            $"{_folder["train"]}: a classifier needs at least two classes, but there is one folder, 'cat'. "
            + "Add a folder for every other class.");
    }

    [Fact]
    public void Parts_inside_of_classes_are_refused()
    {
        TestImages.Tree(_folder["photos"], 3, "train", "test");
        TestImages.Write(_folder["notes", "0.png"], SKColors.Red);
        Errors.Of(Load).ShouldContain(
            $"'photos' holds folders of parts (test, train), where a class holds images. Give {_folder["photos"]} if it is the set");
    }

    private DatasetSplits Load() => KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path) { ImageSize = 8 });
}
