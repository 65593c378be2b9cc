using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Idx;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests;

/// <summary>The official files, where they are: RHOLOSS_TEST_DATA names a folder with mnist/ and cifar-10-batches-bin/.</summary>
public sealed class RealDataTests
{
    private static readonly string DebianFashionMnist = Path.Combine(DatasetPlaces.DebianDatasets, "fashion-mnist");

    [Fact]
    public void Official_mnist_passes_its_check_and_splits_in_halves()
    {
        string folder = Folder("mnist");
        using var leaks = new NoTensorLeaks();
        DatasetCheck check = KnownDatasets.Source("mnist").Check(new DatasetOptions(folder));
        check.Problems.ShouldBeEmpty();
        check.Files.ShouldAllBe(file => file.Official == true);
        check.TestByClass.ShouldBe([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);   // as usually quoted for t10k
        Math.Abs(check.TrainingByClass.Sum() - check.HoldoutByClass.Sum()).ShouldBeLessThanOrEqualTo(10);

        using DatasetSplits splits = KnownDatasets.Load("mnist", new DatasetOptions(folder));
        // 0.1307 and 0.3081, the usual values for all 60,000.
        splits.Training.Normalization!.Mean.Single().ShouldBe(0.1307f, 0.001f);
        splits.Training.Normalization.Std.Single().ShouldBe(0.3081f, 0.001f);
    }

    [Fact]
    public void Qmnist_labels_agree_with_mnists_on_the_training_set()
    {
        string folder = Folder("mnist");
        using var leaks = new NoTensorLeaks();
        torch.Tensor qmnist = IdxFile.ReadQmnistLabels(Path.Combine(folder, "qmnist-train-labels-idx2-int.gz"));
        torch.Tensor mnist = IdxFile.ReadLabels(Path.Combine(folder, "train-labels-idx1-ubyte.gz"), 10);
        qmnist.shape.ShouldBe([60_000, 8]);
        qmnist.select(1, 0).eq(mnist).all().item<bool>().ShouldBeTrue();
        // First row as od prints it: class 5, series 4, writer 2154, digit 59, NIST class 35, global index 229421.
        qmnist[0].data<long>().ToArray().ShouldBe([5, 4, 2154, 59, 35, 229_421, 0, 0]);
    }

    [Fact]
    public void Official_qmnist_without_extra_images_is_split_by_class()
    {
        string folder = Folder("mnist");
        Assert.SkipWhen(File.Exists(Path.Combine(folder, "qmnist-test-images-idx3-ubyte.gz")), "The extra images are there.");
        using var leaks = new NoTensorLeaks();
        DatasetCheck check = KnownDatasets.Source("qmnist").Check(new DatasetOptions(folder));
        check.Problems.ShouldBeEmpty();
        check.Source.ShouldContain("extra images");
        (check.TrainingByClass.Sum() + check.HoldoutByClass.Sum()).ShouldBe(60_000);
        check.TestByClass.Sum().ShouldBe(10_000);
    }

    [Fact]
    public void Official_cifar_10_passes_its_check()
    {
        string folder = Folder("cifar-10-batches-bin");
        using var leaks = new NoTensorLeaks();
        DatasetCheck check = KnownDatasets.Source("cifar-10").Check(new DatasetOptions(folder));
        check.Problems.ShouldBeEmpty();
        check.Files.ShouldAllBe(file => file.Official == true);
        check.TrainingByClass.Sum().ShouldBe(25_000);
        check.HoldoutByClass.Sum().ShouldBe(25_000);
        check.TestByClass.ShouldAllBe(n => n == 1_000);
    }

    [Fact]
    public void Fashion_mnist_of_debians_package_passes_its_check()
    {
        Assert.SkipUnless(Directory.Exists(DebianFashionMnist), "Debian's package dataset-fashion-mnist is not installed.");
        using var leaks = new NoTensorLeaks();
        DatasetCheck check = KnownDatasets.Source("fashion-mnist").Check(new DatasetOptions(DebianFashionMnist));
        check.Problems.ShouldBeEmpty();
        check.TrainingByClass.ShouldAllBe(n => n == 3_000);
        check.HoldoutByClass.ShouldAllBe(n => n == 3_000);
    }

    private static string Folder(string name)
    {
        string? root = Environment.GetEnvironmentVariable("RHOLOSS_TEST_DATA");
        Assert.SkipWhen(string.IsNullOrEmpty(root),
            $"Reads the official files of {name}; set RHOLOSS_TEST_DATA to a folder that holds {name}/.");
        string folder = Path.Combine(root!, name);
        Assert.SkipUnless(Directory.Exists(folder), $"{root} has no folder {name}; set RHOLOSS_TEST_DATA to one that has.");
        return folder;
    }
}
