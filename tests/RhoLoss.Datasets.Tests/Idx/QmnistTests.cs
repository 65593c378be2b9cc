using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Idx;

public sealed class QmnistTests : IDisposable
{
    private static readonly DatasetOptions Options = new();
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Qmnist_holds_out_its_extra_images()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = IdxDatasets.LoadQmnist(Open("qmnist", SmallSets.WriteQmnist(_folder.Path, extra: true)),
            Options, testExamples: 20);
        splits.Training.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(0, 60).Select(i => (long)i));
        splits.Holdout!.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(60, 20).Select(i => (long)i));
        splits.Test.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(0, 20).Select(i => (long)i));
        // The first holdout example is row 20 of the test file, whose image begins with 0, 20.
        splits.Holdout!.StoredInputs[0].data<byte>().ToArray()[..2].ShouldBe([0, 20]);
        splits.Holdout!.Labels[3].item<long>().ShouldBe(3);
        splits.Training.Normalization!.Mean.ShouldBe([0.1307f]);
        splits.Training.Normalization.Std.ShouldBe([0.3081f]);
        splits.Source.ShouldContain("20 extra images");
    }

    [Fact]
    public void Qmnist_without_the_extra_images_is_split_in_halves_and_says_so()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = IdxDatasets.LoadQmnist(Open("qmnist", SmallSets.WriteQmnist(_folder.Path, extra: false)),
            Options, testExamples: 20);
        splits.Training.CountByClass().ShouldAllBe(n => n == 3);
        splits.Holdout!.CountByClass().ShouldAllBe(n => n == 3);
        splits.Test.Count.ShouldBe(20);
        splits.Source.ShouldContain("extra images (qmnist-test-images-idx3-ubyte) are not there");
        splits.Source.ShouldContain("class-balanced");
    }

    [Fact]
    public void Qmnist_test_images_and_labels_must_fit()
    {
        SmallSets.WriteQmnist(_folder.Path, extra: false);
        Errors.Of(() => IdxDatasets.LoadQmnist(Open("qmnist", _folder.Path), Options, testExamples: 30))
            .ShouldContain("must have 30 images");
        SmallSets.WriteQmnist(_folder.Path, extra: true);
        Errors.Of(() => IdxDatasets.LoadQmnist(Open("qmnist", _folder.Path), Options, testExamples: 40))
            .ShouldContain("more than 40 images");
        IdxFile.WriteImages(_folder["qmnist-test-images-idx3-ubyte.gz"], SmallSets.Images(39), 2, 2);
        Errors.Of(() => IdxDatasets.LoadQmnist(Open("qmnist", _folder.Path), Options, testExamples: 20))
            .ShouldContain("one label per image");
    }

    [Fact]
    public void Qmnist_with_extra_images_takes_no_other_fraction()
    {
        SmallSets.WriteQmnist(_folder.Path, extra: true);
        Errors.Of(() => IdxDatasets.LoadQmnist(Open("qmnist", _folder.Path), new DatasetOptions(HoldoutFraction: 0.1), testExamples: 20))
            .ShouldContain("data.holdout-fraction");
    }

    [Fact]
    public void Qmnist_names_both_files_of_which_it_needs_one()
    {
        SmallSets.WriteQmnist(_folder.Path, extra: false);
        File.Delete(_folder[SmallSets.TestImages + ".gz"]);
        Errors.Of(() => KnownDatasets.Load("qmnist", new DatasetOptions(_folder.Path)))
            .ShouldContain("qmnist-test-images-idx3-ubyte or t10k-images-idx3-ubyte");
    }

    [Fact]
    public void Without_a_holdout_qmnist_leaves_its_extra_images()
    {
        using var check = new NoTensorLeaks();
        using DatasetSplits splits = IdxDatasets.LoadQmnist(Open("qmnist", SmallSets.WriteQmnist(_folder.Path, extra: true)),
            new DatasetOptions(HoldoutFraction: 0), testExamples: 20);
        splits.Holdout.ShouldBeNull();
        (splits.Training.Count, splits.Test.Count).ShouldBe((60, 20));
    }

    public void Dispose() => _folder.Dispose();

    private static DatasetFolder Open(string name, string folder) => DatasetFolder.Open(CachedSets.Find(name), folder);
}
