using RhoLoss.Data;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Npy;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Npy;

public sealed class AmbiguousMnistTests : IDisposable
{
    private const string Samples = "amnist_samples.npy", Labels = "amnist_labels.npy";
    private const int Count = 80, Copies = 3;   // 40 samples train and 40 test, three labels each
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Every_label_of_a_sample_is_an_example_and_a_split_keeps_them_together()
    {
        using var check = new NoTensorLeaks();
        Write();
        using DatasetSplits splits = Load(new DatasetOptions(_folder.Path, HoldoutFraction: 0.25));
        // 40 · 3 shared out 3 to 1 by sample, 40 · 3.
        (splits.Training.Count, splits.Holdout!.Count, splits.Test.Count).ShouldBe((90, 30, 120));
        long[] ids = [.. splits.Training.Ids.data<long>(), .. splits.Holdout!.Ids.data<long>()];
        ids.Order().ShouldBe(Enumerable.Range(0, 120).Select(i => (long)i));
        foreach (LabeledDataset part in new[] { splits.Training, splits.Holdout!, splits.Test })
        {
            int first = part == splits.Test ? 40 : 0;
            for (int row = 0; row < part.Count; row++)
            {
                int id = (int)part.Ids[row].item<long>(), sample = first + id / Copies;
                part.Labels[row].item<long>().ShouldBe(LabelOf(sample, id % Copies));
                part.Origins[row].item<long>().ShouldBe(id / Copies * Copies);
                part.StoredInputs[row].data<byte>().ToArray().ShouldBe([(byte)sample, 0, 255, 128]);
            }
        }
        splits.Training.Origins.data<long>().Intersect(splits.Holdout!.Origins.data<long>()).ShouldBeEmpty();
        splits.Training.Normalization!.Mean.ShouldBe([0.1307f]);
        splits.Training.Normalization.Std.ShouldBe([0.3081f]);
        splits.AugmentByDefault.ShouldBeFalse();
        splits.Source.ShouldContain("the second half of the samples tests");
    }

    [Fact]
    public void Bytes_and_a_shape_without_channels_give_the_same_set()
    {
        using var check = new NoTensorLeaks();
        Write();
        using DatasetSplits floats = Load(new DatasetOptions(_folder.Path));
        _folder.File(Samples,
            NpyFile.Of("|u1", $"({Count}, 2, 2)", [.. Enumerable.Range(0, Count).SelectMany(s => new byte[] { (byte)s, 0, 255, 128 })]));
        _folder.File(Labels, NpyFile.Of("|u1", $"({Count}, {Copies})", [.. AllLabels().Select(l => (byte)l)]));
        using DatasetSplits bytes = Load(new DatasetOptions(_folder.Path));
        bytes.Training.Fingerprint.Value.ShouldBe(floats.Training.Fingerprint.Value);
        bytes.Test.Fingerprint.Value.ShouldBe(floats.Test.Fingerprint.Value);
    }

    [Fact]
    public void Without_a_holdout_the_first_half_trains_whole()
    {
        using var check = new NoTensorLeaks();
        Write();
        using DatasetSplits splits = Load(new DatasetOptions(_folder.Path, HoldoutFraction: 0));
        splits.Holdout.ShouldBeNull();
        splits.Training.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(0, 120).Select(i => (long)i));
    }

    [Fact]
    public void Qmnists_test_files_hold_out_and_test_as_in_the_paper()
    {
        using var check = new NoTensorLeaks();
        Write();
        IdxFile.WriteImages(_folder["qmnist-test-images-idx3-ubyte.gz"], SmallSets.Images(40), 2, 2);
        SmallSets.WriteQmnistLabels(_folder["qmnist-test-labels-idx2-int.gz"], 40);
        DatasetFolder opened = DatasetFolder.Open(CachedSets.Find("ambiguous-mnist"), _folder.Path);
        using DatasetSplits splits = AmbiguousMnist.Load(opened, new DatasetOptions(_folder.Path), testExamples: 20);
        splits.Training.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(0, 120).Select(i => (long)i));
        splits.Holdout!.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(120, 20).Select(i => (long)i));
        splits.Holdout.StoredInputs[0].data<byte>().ToArray()[..2].ShouldBe([0, 20]);   // row 20 of QMNIST's test file
        (splits.Test.Count, splits.Test.StoredInputs[7].data<byte>().ToArray()[1]).ShouldBe((20, (byte)7));

        using DatasetSplits whole = AmbiguousMnist.Load(opened, new DatasetOptions(_folder.Path, HoldoutFraction: 0), testExamples: 20);
        whole.Holdout.ShouldBeNull();
        (whole.Training.Count, whole.Test.Count).ShouldBe((120, 20));
        Errors.Of(() => AmbiguousMnist.Load(opened, new DatasetOptions(_folder.Path, HoldoutFraction: 0.1), testExamples: 20))
            .ShouldStartWith("ambiguous-mnist holds out QMNIST's extra images");

        File.Delete(_folder["qmnist-test-labels-idx2-int.gz"]);
        Errors.Of(() => Load(new DatasetOptions(_folder.Path))).ShouldBe($"{_folder.Path}: QMNIST's test images and test labels hold out "
            + "and test together, but only the images are there. Add the labels, or remove the images to split the samples themselves.");
    }

    [Fact]
    public void Import_and_check_know_the_set_and_count_its_examples()
    {
        using var check = new NoTensorLeaks();
        string from = _folder.Folder("from");
        Write(from);
        DatasetCheck imported = new DatasetCache(_folder["cache"]).Import("ambiguous-mnist", from);
        imported.Problems.ShouldBe(
            ["120 training examples, but the official set has 60,000", "120 test examples, but the official set has 60,000"]);
        imported.Files.Select(f => Path.GetFileName(f.Path)).ShouldBe([Samples, Labels]);
        KnownDatasets.Source("ambiguous-mnist").Check(new DatasetOptions(_folder["cache", "ambiguous-mnist"]))
            .TestByClass.Sum().ShouldBe(120);
    }

    [Fact]
    public void Missing_files_are_named_without_the_optional_ones() =>
        Errors.Of(() => Load(new DatasetOptions(_folder.Path)))
            .ShouldStartWith($"{_folder.Path}: 2 files of ambiguous-mnist missing: {Samples}, {Labels}.");

    [Fact]
    public void Numbers_of_samples_and_labels_must_agree_and_be_even()
    {
        Write();
        _folder.File(Labels, NpyFile.Longs($"({Count - 2}, {Copies})", AllLabels()[..^(2 * Copies)]));
        Errors.Of(() => Load(new DatasetOptions(_folder.Path))).ShouldBe($"{_folder[Samples]} has 80 samples, but {_folder[Labels]} has "
            + "labels of 78; there must be one row of labels per sample. Give the two files of the same release.");
        _folder.File(Samples, NpyFile.Floats("(3, 1, 2, 2)", new float[12]));
        _folder.File(Labels, NpyFile.Longs("(3, 1)", 0, 1, 2));
        Errors.Of(() => Load(new DatasetOptions(_folder.Path))).ShouldContain("their number must be even, but is 3");
    }

    [Theory]
    [InlineData(5, 10, "training samples: labels must lie in 0..9, but example 5 has label 10")]
    [InlineData(121, -1, "test samples: labels must lie in 0..9, but example 1 has label -1")]
    public void A_label_outside_the_classes_is_refused(int position, long label, string rule)
    {
        Write();
        long[] labels = AllLabels();
        labels[position] = label;
        _folder.File(Labels, NpyFile.Longs($"({Count}, {Copies})", labels));
        using var check = new NoTensorLeaks();
        Errors.Of(() => Load(new DatasetOptions(_folder.Path))).ShouldStartWith($"{_folder[Labels]}, {rule}");
    }

    [Theory]
    [InlineData(1.5f, "1.5")]
    [InlineData(-0.42421296f, "-0.42421296")]
    [InlineData(float.NaN, "NaN")]
    public void Pixels_outside_0_to_1_are_refused(float value, string shown)
    {
        Write();
        float[] pixels = AllPixels();
        pixels[9] = value;
        _folder.File(Samples, NpyFile.Floats($"({Count}, 1, 2, 2)", pixels));
        Errors.Of(() => Load(new DatasetOptions(_folder.Path)))
            .ShouldStartWith($"{_folder[Samples]}: pixels must lie between 0 and 1, but one of sample 2 is {shown}.");
    }

    [Fact]
    public void Shapes_and_types_are_checked()
    {
        Write();
        _folder.File(Samples, NpyFile.Floats($"({Count}, 2, 1, 2)", AllPixels()));
        Errors.Of(() => Load(new DatasetOptions(_folder.Path))).ShouldContain("but are Float of shape [80, 2, 1, 2]");
        Write();
        _folder.File(Samples, NpyFile.Longs("(2, 1, 1)", 0, 1));
        Errors.Of(() => Load(new DatasetOptions(_folder.Path))).ShouldContain("samples must be float32 or uint8");
        Write();
        _folder.File(Labels, NpyFile.Longs($"({Count * Copies},)", AllLabels()));
        Errors.Of(() => Load(new DatasetOptions(_folder.Path)))
            .ShouldContain("labels must be int64 or uint8 of shape [N, labels of a sample], but are Long of shape [240]");
    }

    private static DatasetSplits Load(DatasetOptions options) => KnownDatasets.Load("ambiguous-mnist", options);

    /// <summary>Every sample can be read as its own digit and the next.</summary>
    private static long LabelOf(int sample, int copy) => (sample + (copy == 0 ? 0 : 1)) % 10;

    private static long[] AllLabels() =>
        [.. Enumerable.Range(0, Count).SelectMany(s => Enumerable.Range(0, Copies).Select(c => LabelOf(s, c)))];

    /// <summary>128/255 is 0.50196…; 0.5 · 255 = 127.5 rounds to the even 128 as well.</summary>
    private static float[] AllPixels() => [.. Enumerable.Range(0, Count).SelectMany(s => new[] { s / 255f, 0, 1, 0.5f })];

    private void Write(string? folder = null)
    {
        File.WriteAllBytes(Path.Combine(folder ?? _folder.Path, Samples), NpyFile.Floats($"({Count}, 1, 2, 2)", AllPixels()));
        File.WriteAllBytes(Path.Combine(folder ?? _folder.Path, Labels), NpyFile.Longs($"({Count}, {Copies})", AllLabels()));
    }

    public void Dispose() => _folder.Dispose();
}
