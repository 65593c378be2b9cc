using System.Runtime.InteropServices;
using System.Text;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using SkiaSharp;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Images;

/// <summary>Folders as people have them: files of systems, links, what is no file, too few images.</summary>
public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_systems_leave_is_no_image_and_no_class_at_any_depth()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "test");
        string[] folders = ["lost+found", "__MACOSX/cat", "cat/.ipynb_checkpoints", "dog/@eaDir/0.jpg", "dog/deeper/.Trash-1000/files"];
        foreach (string name in folders)
        {
            TestImages.Write(_folder[["train", .. name.Split('/'), "0.png"]], SKColors.Green);
        }
        foreach (string name in (string[])["cat/._0.png", "cat/.DS_Store", "dog/Thumbs.db", "._cat"])
        {
            File.WriteAllText(_folder[["train", .. name.Split('/')]], "Bud1");
        }
        using DatasetSplits splits = Load();
        (splits.Training.Count + splits.Holdout!.Count).ShouldBe(8);
        splits.ClassNames.ShouldBe(["cat", "dog"]);
        splits.LeftOut.ShouldBe([
            "9 hidden or system files and folders: ._* (2), .DS_Store (1), .Trash-1000 (1), .ipynb_checkpoints (1), @eaDir (1), "
                + "Thumbs.db (1), __MACOSX (1), lost+found (1)"]);
        KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path)).LeftOut.ShouldBe(splits.LeftOut);
    }

    [Fact]
    public void Files_by_endings_that_are_not_read_images_in_no_class_and_folders_beside_the_parts_are_counted()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "test");
        foreach (string name in (string[])["cat/a.webp", "cat/b.WEBP", "dog/c.bmp", "dog/README"])
        {
            File.WriteAllText(_folder[["train", .. name.Split('/')]], "");
        }
        TestImages.Write(_folder["train", "stray.png"], SKColors.Red);
        TestImages.Tree(_folder.Path, 1, "unlabelled");
        using DatasetSplits splits = Load();
        splits.LeftOut.ShouldBe([
            "4 files that do not end with .jpg, .jpeg or .png: .webp (2), .bmp (1), no ending (1)",
            $"1 image beside the class folders, in no class: {Path.Combine("train", "stray.png")}",
            "1 folder beside those of the parts: unlabelled"]);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../..")]
    public void A_link_to_a_folder_that_it_is_in_is_no_loop(string target)
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "test");
        Directory.CreateSymbolicLink(_folder["train", "cat", "up"], target);
        using DatasetSplits splits = Load();
        (splits.Training.Count + splits.Holdout!.Count).ShouldBe(8);
        splits.LeftOut.ShouldBe([$"1 link to a folder that it is in: {Path.Combine("train", "cat", "up")}"]);
    }

    [Fact]
    public void Every_file_is_read_once_and_in_the_class_where_it_really_is()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        Directory.CreateSymbolicLink(_folder["train", "cat", "more"], Path.Combine("..", "dog"));
        File.CreateSymbolicLink(_folder["train", "cat", "again.png"], "0.png");
        File.CreateSymbolicLink(_folder["train", "dog", "of-the-test.jpg"], _folder["test", "dog", "1.jpg"]);
        using DatasetSplits splits = Load();
        splits.Training.CountByClass().ShouldBe([4L, 4]);
        splits.Test.CountByClass().ShouldBe([4L, 4]);
        // The four dogs, the cat and the test image.
        splits.LeftOut.ShouldHaveSingleItem().ShouldStartWith("6 images that links lead to once more: ");
    }

    [Fact]
    public void Links_to_a_store_outside_are_followed_once_even_in_a_circle()
    {
        using var check = new NoTensorLeaks();
        using var store = new TemporaryFolder();
        TestImages.Tree(store.Path, 4, "train", "test");
        TestImages.Write(store["more", "x.png"], SKColors.Red);
        TestImages.Write(store["beside", "y.png"], SKColors.Red);
        Directory.CreateSymbolicLink(_folder["train"], store["train"]);
        Directory.CreateSymbolicLink(_folder["test"], store["test"]);
        Directory.CreateSymbolicLink(store["train", "cat", "more"], store["more"]);
        Directory.CreateSymbolicLink(store["more", "beside"], store["beside"]);
        Directory.CreateSymbolicLink(store["beside", "back"], store["more"]);
        using DatasetSplits splits = Load();
        (splits.Training.Count + splits.Holdout!.Count).ShouldBe(10);
        splits.LeftOut.ShouldBeEmpty();
    }

    [Fact]
    public void One_file_that_links_put_into_two_classes_or_two_parts_is_refused()
    {
        using var store = new TemporaryFolder();
        TestImages.Write(store["a.png"], SKColors.Red);
        TestImages.Tree(_folder.Path, 4, "train", "test");
        foreach (string name in (string[])["cat", "dog"]) { File.CreateSymbolicLink(_folder["train", name, "a.png"], store["a.png"]); }
        Errors.Of(Load).ShouldBe(
            $"{_folder["train", "cat", "a.png"]} and {_folder["train", "dog", "a.png"]} are one file, {store["a.png"]}, in two classes. "
            + "Remove one of the links.");

        File.Delete(_folder["train", "cat", "a.png"]);
        Directory.CreateSymbolicLink(_folder["valid"], "test");
        File.Delete(_folder["train", "dog", "a.png"]);
        Errors.Of(Load).ShouldEndWith("in two parts of the set. Remove one of the links.");
    }

    [Fact]
    public void A_link_to_nothing_is_a_bad_image_and_in_place_of_a_folder_refused()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        File.CreateSymbolicLink(_folder["train", "cat", "zz.png"], "/nowhere/a.png");
        DatasetCheck result = KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path));
        result.Refused.ShouldBeTrue();
        result.Problems[1].ShouldStartWith($"{_folder["train", "cat", "zz.png"]}: a link to nothing: /nowhere/a.png is not there.");
        using (DatasetSplits kept = KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path) { ImageSize = 8, SkipBad = true }))
        {
            kept.Training.Count.ShouldBe(8);
        }
        Directory.CreateSymbolicLink(_folder["train", "bird"], "/nowhere/birds");
        Errors.Of(Load).ShouldBe(
            $"{_folder["train", "bird"]} is a link to nothing: /nowhere/birds is not there. Put it there, or remove the link.");
    }

    [Fact]
    public void What_is_no_file_is_left_out_and_named()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        SpecialFiles.MakePipe(_folder["train", "cat", "pipe.png"]);
        SpecialFiles.MakePipe(_folder["train", "pipe.jpg"]);
        File.CreateSymbolicLink(_folder["test", "dog", "device.png"], "/dev/zero");
        File.CreateSymbolicLink(_folder["test", "dog", "self"], "self");
        using DatasetSplits splits = Load();
        (splits.Training.Count, splits.Test.Count).ShouldBe((8, 8));
        splits.LeftOut.ShouldBe([
            $"1 link that leads nowhere: {Path.Combine("test", "dog", "self")} (a link to itself)",
            $"3 things that are no files: {Path.Combine("test", "dog", "device.png")} (a device), "
                + $"{Path.Combine("train", "cat", "pipe.png")} (a named pipe), {Path.Combine("train", "pipe.jpg")} (a named pipe)"]);
        DatasetCheck result = KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path));
        result.LeftOut.ShouldBe(splits.LeftOut);
        result.Passed.ShouldBeTrue();
    }

    [Theory]
    [InlineData("train", false)]
    [InlineData("test", false)]
    [InlineData("train", true)]
    [InlineData("test", true)]
    public void A_cut_image_is_named_alike_by_a_check_by_a_run_and_with_skip_bad_which_is_not_advised_once_it_is_on(string part, bool skip)
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        string path = _folder[part, "dog", "1.jpg"];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^2]);
        string named = $"{path}: not a readable JPEG or PNG image (cut short: the file ends before the image does). "
            + "Replace or remove the file.";
        DatasetCheck result = KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path) { SkipBad = skip });
        result.Refused.ShouldBe(!skip);
        (skip ? result.LeftOut : result.Problems)[1].ShouldBe(named);
        (skip ? result.LeftOut : result.Problems)[0].Contains("skip-bad", StringComparison.Ordinal).ShouldBe(!skip);
        if (skip)
        {
            using DatasetSplits kept = KnownDatasets.Load("image-folder",
                new DatasetOptions(_folder.Path) { ImageSize = 8, SkipBad = true });
            kept.LeftOut[^1].ShouldBe($"1 unreadable image: {path}");
            File.WriteAllText(_folder["train", "cat", "0.png"], "changed");
            Errors.Of(() => kept.Training.Gather(kept.Training.Ids)).ShouldEndWith(
                "Replace or remove the file. It could be read when the data set was loaded, so it has changed since.");
        }
        else
        {
            Errors.Of(ReadAll).ShouldContain($"{named} data.skip-bad = true, or --skip-bad of a command, leaves out what cannot be read.");
        }

        object ReadAll()
        {
            using DatasetSplits splits = Load();
            return splits.Training.Gather(splits.Training.Ids);
        }
    }

    [Fact]
    public void A_name_that_is_not_utf_8_is_called_so_and_shown_where()
    {
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        byte[] name = [.. Encoding.UTF8.GetBytes(_folder["train", "cat", "caf"]), 0xE9, .. ".png\0"u8];   // é in Latin-1
        creat(name, mode: 0b110_100_100).ShouldBeGreaterThan(0);
        try
        {
            DatasetCheck result = KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path));
            result.Refused.ShouldBeTrue();
            result.Problems[1].ShouldStartWith(
                $"{_folder["train", "cat", "caf\uFFFD.png"]}: the name is not UTF-8 where it is shown as \uFFFD, so it cannot be opened; "
                + "'ls -b' shows its bytes.");
        }
        finally
        {
            unlink(name).ShouldBe(0);   // .NET cannot remove it either
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Too_few_images_of_a_class_are_refused_with_a_number_that_suffices(int each)
    {
        TestImages.Tree(_folder.Path, each, "");
        Errors.Of(Load).ShouldBe($"{_folder.Path}: training and test each need an example of every class, "
            + $"but the {each} of class 'cat' were split {each} to 0. Give at least 3 of every class.");
    }

    [Fact]
    public void Three_images_of_a_class_are_enough()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 3, "");
        using DatasetSplits splits = Load();
        (splits.Training.Count, splits.Holdout!.Count, splits.Test.Count).ShouldBe((2, 2, 2));
    }

    [Fact]
    public void A_single_image_to_train_and_hold_out_is_refused_without_a_share_that_would_not_help()
    {
        TestImages.Tree(_folder.Path, 1, "train", "test");
        Errors.Of(Load).ShouldBe($"{_folder.Path}: training and holdout each need an example of every class, "
            + "but the 1 of class 'cat' were split 0 to 1. Give at least 2 of every class.");
    }

    [Fact]
    public void Ink_on_transparency_looks_different_in_different_places()
    {
        using var check = new NoTensorLeaks();
        foreach (string part in (string[])["train", "valid", "test"])
        {
            TestImages.Write(_folder[part, "left", "0.png"], 8, 8, (x, _) => new SKColor(0, 0, 0, (byte)(x < 4 ? 255 : 0)));
            TestImages.Write(_folder[part, "right", "0.png"], 8, 8, (x, _) => new SKColor(0, 0, 0, (byte)(x < 4 ? 0 : 255)));
        }
        using DatasetSplits splits = Load();
        using IDisposable scope = NewDisposeScope();
        Tensor inputs = splits.Training.Gather(splits.Training.Ids).Inputs;
        inputs[0].eq(inputs[1]).any().item<bool>().ShouldBeFalse();
    }

    /// <summary>Makes a file whose name is these bytes, which .NET cannot; closed with the process.</summary>
    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int creat(byte[] path, uint mode);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int unlink(byte[] path);

    private DatasetSplits Load() => KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path) { ImageSize = 8 });
}
