using RhoLoss.Data;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;
using SkiaSharp;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Tests.Images;

public sealed class ImageSetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Train_valid_and_test_folders_are_the_three_parts()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        using DatasetSplits splits = Load();
        splits.ClassNames.ShouldBe(["cat", "dog"]);
        splits.Training.CountByClass().ShouldBe([4L, 4]);
        splits.Training.Ids.data<long>().ToArray().ShouldBe([0L, 1, 2, 3, 4, 5, 6, 7]);
        splits.Holdout!.Ids.data<long>().ToArray().ShouldBe([8L, 9, 10, 11, 12, 13, 14, 15]);
        splits.Test.Count.ShouldBe(8);
        // ImageNet's normalisation of cat 1, RGB (200, 10, 0): (200/255 − 0.485)/0.229 = 1.3070,
        // (10/255 − 0.456)/0.224 = −1.8606, −0.406/0.225 = −1.8044.
        Batch batch = splits.Training.Gather(tensor(new long[] { 1 }));
        batch.Inputs.shape.ShouldBe([1, 3, 8, 8]);
        batch.Inputs[0, TensorIndex.Colon, 4, 4].data<float>().ToArray().Zip([1.3070f, -1.8606f, -1.8044f], (a, e) => Math.Abs(a - e))
            .ShouldAllBe(d => d < 1e-3f);
    }

    [Fact]
    public void One_tree_is_split_by_class_and_its_parts_share_no_image()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 10, "");
        using DatasetSplits splits = Load();
        splits.Test.CountByClass().ShouldBe([2L, 2]);
        splits.Training.CountByClass().ShouldBe([4L, 4]);
        splits.Holdout!.CountByClass().ShouldBe([4L, 4]);
        long[] ids = [.. splits.Training.Ids.data<long>(), .. splits.Holdout.Ids.data<long>(), .. splits.Test.Ids.data<long>()];
        ids.Order().ShouldBe(Enumerable.Range(0, 20).Select(i => (long)i));
    }

    [Fact]
    public void Cinic_10_is_read_at_32_pixels_with_its_own_normalisation_and_valid_as_holdout()
    {
        using var check = new NoTensorLeaks();
        foreach (string part in (string[])["train", "valid", "test"])
        {
            foreach (string name in ClassNames.Cifar10) { TestImages.Write(_folder[part, name, "a.png"], SKColors.Black, 32, 32); }
        }
        using DatasetSplits splits = KnownDatasets.Load("cinic-10", new DatasetOptions(_folder.Path));
        splits.Training.InputShape.ShouldBe([3L, 32, 32]);
        splits.Holdout!.CountByClass().ShouldAllBe(n => n == 1);
        splits.Training.Normalization!.Mean.ShouldBe([0.47889522f, 0.47227842f, 0.43047404f]);
        splits.Training.Normalization.Std.ShouldBe([0.24205776f, 0.23828046f, 0.25874835f]);
    }

    [Fact]
    public void Clothing_1M_trains_on_noisy_and_clean_images_and_holds_a_tenth_out()
    {
        using var check = new NoTensorLeaks();
        Clothing(each: 10);
        using DatasetSplits splits = KnownDatasets.Load("clothing-1m", new DatasetOptions(_folder.Path) { ImageSize = 14 });
        (splits.Training.Count + splits.Holdout!.Count).ShouldBe(14 * 20);
        splits.Holdout.CountByClass().ShouldAllBe(n => n == 2);
        splits.Test.CountByClass().ShouldAllBe(n => n == 1);
        splits.Training.InputShape.ShouldBe([3L, 14, 14]);   // of 16 = 14·8/7 stored, as 224 of 256
        var crop = new CropAndFlip(padding: 0, seed: 1, size: 14);
        splits.Training.Gather(new LargeBatch(1, splits.Training.Ids), crop).Inputs.shape.ShouldBe([splits.Training.Count, 3, 14, 14]);
    }

    [Fact]
    public void An_image_that_a_list_names_and_that_is_missing_is_named()
    {
        Clothing(each: 10);
        File.Delete(_folder["images", "noisy-3-2.png"]);
        Errors.Of(() => KnownDatasets.Load("clothing-1m", new DatasetOptions(_folder.Path))).ShouldSatisfyAllConditions(
            e => e.ShouldContain($"1 of 140 is missing: {_folder["images", "noisy-3-2.png"]}"),
            e => e.ShouldContain("data.skip-bad = true"));
    }

    [Fact]
    public void A_list_of_Clothing_1M_is_a_text_like_others()
    {
        Clothing(each: 2);
        byte[] right = File.ReadAllBytes(_folder["noisy_train_key_list.txt"]);
        foreach ((byte[] content, string message) in new (byte[], string)[]
        {
            ([], "the file must have at least one line of data, but is empty"),
            ([.. "images/nowhere.png\n"u8], "every image must have a label in noisy_label_kv.txt or clean_label_kv.txt, "
                + "but 'images/nowhere.png' has none"),
            ([.. right, 0xFF, (byte)'\n'], "the text must be UTF-8"),
        })
        {
            File.WriteAllBytes(_folder["noisy_train_key_list.txt"], content);
            Errors.Of(LoadClothing).ShouldContain(message);
        }
        using (FileStream list = File.OpenWrite(_folder["noisy_train_key_list.txt"])) { list.SetLength(1_000_000_001); }   // a hole
        Errors.Of(LoadClothing).ShouldContain("a text file may have 1000000000 bytes, but this one has more");
        File.WriteAllBytes(_folder["noisy_train_key_list.txt"], [0xEF, 0xBB, 0xBF, .. right]);   // as editors of Windows mark UTF-8
        LoadClothing().Dispose();
        File.Delete(_folder["clean_val_key_list.txt"]);
        Errors.Of(LoadClothing).ShouldContain("1 file of clothing-1m missing: clean_val_key_list.txt");

        DatasetSplits LoadClothing() =>
            KnownDatasets.Load("clothing-1m", new DatasetOptions(_folder.Path, HoldoutFraction: 0.4) { ImageSize = 14 });
    }

    [Fact]
    public void A_corrupt_image_stops_the_batch_that_needs_it_or_is_left_out_when_asked()
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        File.WriteAllText(_folder["train", "cat", "2.png"], "damaged");
        using (DatasetSplits splits = Load())
        {
            Errors.Of(() => splits.Training.Gather(splits.Training.Ids)).ShouldStartWith(_folder["train", "cat", "2.png"]);
        }
        using DatasetSplits kept = KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path) { ImageSize = 8, SkipBad = true });
        kept.Training.Ids.data<long>().ToArray().ShouldBe([0L, 1, 3, 4, 5, 6, 7]);
        kept.LeftOut.ShouldBe([$"1 unreadable image: {_folder["train", "cat", "2.png"]}"]);
    }

    [Fact]
    public void A_check_decodes_every_image_and_names_those_that_it_cannot_read()
    {
        TestImages.Tree(_folder.Path, 15, "train", "test");
        for (int i = 0; i < 13; i++)
        {
            File.WriteAllText(_folder["train", "cat", $"{i}.png"], "damaged");
            File.WriteAllText(_folder["train", "dog", $"{i}.jpg"], "damaged");
        }
        DatasetCheck result = KnownDatasets.Source("image-folder").Check(new DatasetOptions(_folder.Path));
        result.Passed.ShouldBeFalse();
        result.TestByClass.ShouldBe([15L, 15]);
        int named = result.Problems.Count(p => p.Contains("not a readable", StringComparison.Ordinal));
        result.Problems.Count(p => p.Contains("images cannot be read", StringComparison.Ordinal)).ShouldBe(2);   // training and holdout
        named.ShouldBe(20);   // of 26
        result.ProblemCount.ShouldBe(26);   // each image is one, whether named or not, and the lines that count them are none
    }

    [Fact]
    public void A_check_that_skips_bad_images_names_them_and_fails_only_where_a_class_is_left_without_one()
    {
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        File.WriteAllText(_folder["train", "cat", "2.png"], "damaged");
        DatasetSource images = KnownDatasets.Source("image-folder");
        var skipping = new DatasetOptions(_folder.Path) { SkipBad = true };
        images.Check(new DatasetOptions(_folder.Path)).LeftOut.ShouldBeEmpty();
        DatasetCheck result = images.Check(skipping);
        result.Passed.ShouldBeTrue();
        result.TrainingByClass.ShouldBe([3L, 4]);
        result.LeftOut.Count.ShouldBe(2);
        result.LeftOut[0].ShouldBe("1 of 8 training images cannot be read");
        result.LeftOut[1].ShouldStartWith($"{_folder["train", "cat", "2.png"]}: not a readable JPEG or PNG image");

        for (int i = 0; i < 4; i++) { File.WriteAllText(_folder["valid", "dog", $"{i}.jpg"], "damaged"); }
        images.Check(skipping).Problems
            .ShouldBe(["the holdout images need at least one of every class, but 'dog' has none of the 4"]);
        Errors.Of(() => KnownDatasets.Source("fashion-mnist-subset").Check(new DatasetOptions { SkipBad = true }))
            .ShouldBe("--skip-bad leaves out image files, but fashion-mnist-subset is not read from image files. Remove --skip-bad.");
    }

    [Fact]
    public void Of_many_images_left_out_three_are_named()
    {
        TestImages.Tree(_folder.Path, 6, "train", "valid", "test");
        for (int i = 0; i < 5; i++) { File.WriteAllText(_folder["test", "dog", $"{i}.jpg"], "damaged"); }
        using DatasetSplits kept = KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path) { ImageSize = 8, SkipBad = true });
        string[] named = [.. Enumerable.Range(0, 3).Select(i => _folder["test", "dog", $"{i}.jpg"])];
        kept.LeftOut.ShouldBe([$"5 unreadable images: {string.Join(", ", named)}, …"]);
    }

    [Fact]
    public void Folders_that_are_no_set_of_images_are_refused_in_words()
    {
        Errors.Of(Load).ShouldContain("no images");
        Directory.CreateDirectory(_folder["train", "cat"]);
        Directory.CreateDirectory(_folder["train", "dog"]);
        Errors.Of(Load).ShouldContain("needs a folder 'train' and a folder 'test', but there is 'train' for the training set only.");
        Directory.CreateDirectory(_folder["test", "cat"]);
        Errors.Of(Load).ShouldContain("no images: none of the 2 class folders");
        TestImages.Write(_folder["train", "cat", "a.png"], SKColors.Red);
        Errors.Of(Load).ShouldContain("every class needs at least one image, but 'dog' has none");
        Errors.Of(() => KnownDatasets.Load("image-folder")).ShouldContain("data.directory");
    }

    [Fact]
    public void A_class_without_a_holdout_image_is_named()
    {
        TestImages.Tree(_folder.Path, 4, "train", "valid", "test");
        Directory.Delete(_folder["valid", "dog"], recursive: true);
        Errors.Of(Load).ShouldSatisfyAllConditions(e => e.ShouldContain(_folder["valid"]), e => e.ShouldContain("'dog' has none"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Every_number_of_loader_threads_reads_the_same(int threads)
    {
        using var check = new NoTensorLeaks();
        TestImages.Tree(_folder.Path, 16, "train", "valid", "test");
        using DatasetSplits one = Load();
        using DatasetSplits many = KnownDatasets.Load("image-folder",
            new DatasetOptions(_folder.Path) { ImageSize = 8, Stream = new StreamOptions(threads, AheadBytes: 192 * 6) });
        using var sampler = new ShuffledSampler(one.Training.Ids, largeBatchSize: 10, seed: 2);
        var expectedCrop = new CropAndFlip(padding: 1, seed: 4);
        var actualCrop = new CropAndFlip(padding: 1, seed: 4);
        for (int step = 0; step < 16; step++)
        {
            using IDisposable scope = NewDisposeScope();
            LargeBatch next = sampler.Next();
            Batch expected = one.Training.Gather(next, expectedCrop), actual = many.Training.Gather(next, actualCrop);
            many.Training.Prefetch(sampler.Ahead(1, 10)[0].Ids);
            actual.Inputs.equal(expected.Inputs).all().item<bool>().ShouldBeTrue();
        }
    }

    private DatasetSplits Load() => KnownDatasets.Load("image-folder", new DatasetOptions(_folder.Path) { ImageSize = 8 });

    /// <summary>For every class as many noisy and as many clean training images, one of validation and one of test.</summary>
    private void Clothing(int each)
    {
        var noisy = new List<string>();
        var clean = new List<string>();
        for (int c = 0; c < 14; c++)
        {
            for (int i = 0; i < each; i++)
            {
                noisy.Add($"images/noisy-{c}-{i}.png {c}");
                clean.Add($"images/clean-{c}-{i}.png {c}");
            }
            clean.Add($"images/val-{c}.png {c}");
            clean.Add($"images/test-{c}.png {c}");
        }
        foreach (string line in noisy.Concat(clean)) { TestImages.Write(_folder[line.Split(' ')[0].Split('/')], SKColors.Gray, 16, 16); }
        File.WriteAllLines(_folder["noisy_label_kv.txt"], noisy);
        File.WriteAllLines(_folder["clean_label_kv.txt"], clean);
        List("noisy_train_key_list.txt", noisy, "noisy");
        List("clean_train_key_list.txt", clean, "clean-");
        List("clean_val_key_list.txt", clean, "val");
        List("clean_test_key_list.txt", clean, "test");

        void List(string file, List<string> lines, string of) =>
            File.WriteAllLines(_folder[file],
                lines.Where(line => line.StartsWith($"images/{of}", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]));
    }
}
