using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Cifar;

public sealed class QmnistAndCifarTests : IDisposable
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

    [Theory]
    [InlineData("")]
    [InlineData("cifar-10-batches-bin")]
    public void Cifar_10_trains_on_even_ids_and_holds_out_odd_ones(string inner)
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteCifar10(_folder[inner]);
        using DatasetSplits splits = KnownDatasets.Load("cifar-10", new DatasetOptions(_folder.Path));
        splits.Training.Ids.data<long>().ToArray().ShouldBe([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
        splits.Holdout!.Ids.data<long>().ToArray().ShouldBe([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
        splits.Training.StoredInputs[7, 0, 0, 0].item<byte>().ShouldBe((byte)14);
        splits.Holdout!.StoredInputs[7, 2, 31, 31].item<byte>().ShouldBe((byte)17);
        splits.Training.Labels[7].item<long>().ShouldBe(7);
        splits.Test.Count.ShouldBe(10);
        splits.Training.Normalization!.Mean.ShouldBe([0.5f, 0.5f, 0.5f]);
        splits.AugmentByDefault.ShouldBeTrue();
        splits.ClassNames[9].ShouldBe("truck");
    }

    [Fact]
    public void Without_a_holdout_all_cifar_ids_train_and_qmnist_leaves_its_extra_images()
    {
        using var check = new NoTensorLeaks();
        var options = new DatasetOptions(_folder["cifar"], HoldoutFraction: 0);
        SmallSets.WriteCifar10(_folder["cifar"]);
        using DatasetSplits cifar = KnownDatasets.Load("cifar-10", options);
        cifar.Holdout.ShouldBeNull();
        cifar.Training.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(0, 20).Select(i => (long)i));
        cifar.Training.CountByClass().ShouldAllBe(n => n == 2);

        using DatasetSplits qmnist = IdxDatasets.LoadQmnist(Open("qmnist", SmallSets.WriteQmnist(_folder["qmnist"], extra: true)),
            options, testExamples: 20);
        qmnist.Holdout.ShouldBeNull();
        (qmnist.Training.Count, qmnist.Test.Count).ShouldBe((60, 20));
    }

    [Fact]
    public void Cifar_100_is_read_with_fine_classes()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteCifar100(_folder.Path);
        using DatasetSplits splits = KnownDatasets.Load("cifar-100", new DatasetOptions(_folder.Path));
        splits.Training.Classes.ShouldBe(100);
        splits.Training.CountByClass().ShouldAllBe(n => n == 1);
        splits.Holdout!.CountByClass().ShouldAllBe(n => n == 1);
    }

    [Fact]
    public void Cifar_names_every_missing_file()
    {
        SmallSets.WriteCifar10(_folder.Path);
        File.Delete(_folder["data_batch_2.bin"]);
        File.Delete(_folder["test_batch.bin"]);
        Errors.Of(() => KnownDatasets.Load("cifar-10", new DatasetOptions(_folder.Path)))
            .ShouldContain("2 files of cifar-10 missing: data_batch_2.bin, test_batch.bin");
    }

    public void Dispose() => _folder.Dispose();

    private static DatasetFolder Open(string name, string folder) => DatasetFolder.Open(Catalogue.Find(name), folder);
}
