using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Cifar;

public sealed class CifarDatasetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

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
    public void Without_a_holdout_all_ids_train()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteCifar10(_folder.Path);
        using DatasetSplits splits = KnownDatasets.Load("cifar-10", new DatasetOptions(_folder.Path, HoldoutFraction: 0));
        splits.Holdout.ShouldBeNull();
        splits.Training.Ids.data<long>().ToArray().ShouldBe(Enumerable.Range(0, 20).Select(i => (long)i));
        splits.Training.CountByClass().ShouldAllBe(n => n == 2);
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
}
