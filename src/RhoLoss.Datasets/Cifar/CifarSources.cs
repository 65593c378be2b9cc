using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Splits;

namespace RhoLoss.Datasets.Cifar;

/// <summary>The sets that come as CIFAR's binary files.</summary>
internal static class CifarSources
{
    // The checksums of CIFAR-10 were computed from files whose published MD5 had been checked.
    public static CachedSource Cifar10 { get; } = new(
        new DatasetDescription("cifar-10", "CIFAR-10", ClassNames.Cifar10, "research use; Krizhevsky 2009",
            "Download https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, "
            + "then run 'rho data get cifar-10 --from cifar-10-binary.tar.gz'.",
            50_000, 10_000)
        {
            AugmentByDefault = true,
            FixedSplit = EvenOddSplit.Words,
            TrainingExamplesByClass = [.. Enumerable.Repeat(5_000, 10)],
        },
        [
            new KnownFile("data-batch-1", "data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
            new KnownFile("data-batch-2", "data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
            new KnownFile("data-batch-3", "data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
            new KnownFile("data-batch-4", "data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
            new KnownFile("data-batch-5", "data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
            new KnownFile("test-batch", "test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
        ],
        CifarDatasets.LoadCifar10)
    {
        ArchiveFolder = "cifar-10-batches-bin",
    };

    public static CachedSource Cifar100 { get; } = new(
        new DatasetDescription("cifar-100", "CIFAR-100", ClassNames.Cifar100, "research use; Krizhevsky 2009",
            "Download https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz, "
            + "then run 'rho data get cifar-100 --from cifar-100-binary.tar.gz'.",
            50_000, 10_000)
        {
            AugmentByDefault = true,
            FixedSplit = EvenOddSplit.Words,
            TrainingExamplesByClass = [.. Enumerable.Repeat(500, 100)],
        },
        [new KnownFile("train", "train.bin"), new KnownFile("test", "test.bin")],
        CifarDatasets.LoadCifar100)
    {
        ArchiveFolder = "cifar-100-binary",
    };
}
