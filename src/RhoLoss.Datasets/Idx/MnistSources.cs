using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Labels;
using static RhoLoss.Datasets.Idx.MnistFiles;

namespace RhoLoss.Datasets.Idx;

/// <summary>The sets that come as IDX files.</summary>
internal static class MnistSources
{
    // The checksums of MNIST and of QMNIST's labels were computed from files whose published MD5 had been checked; those of Fashion-MNIST
    // from Debian's package, which carries the original files.
    private const string MnistTrainImages = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db";
    private const string MnistTestImages = "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7";

    public static CachedSource FashionMnist { get; } = new(
        new DatasetDescription("fashion-mnist", "Fashion-MNIST", ClassNames.FashionMnist, "MIT, Copyright (c) 2017 Zalando SE",
            "Run 'rho data get fashion-mnist', or 'apt-get install dataset-fashion-mnist' on Debian and Ubuntu.", 60_000, 10_000)
        {
            TrainingExamplesByClass = [.. Enumerable.Repeat(6_000, 10)],
        },
        [
            new KnownFile(TrainImages, TrainImagesFile, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            new KnownFile(TrainLabels, TrainLabelsFile, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            new KnownFile(TestImages, TestImagesFile, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            new KnownFile(TestLabels, TestLabelsFile, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ],
        IdxDatasets.LoadMnistLike,
        new DatasetDownload(
            "dataset-fashion-mnist", new Uri("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/")));

    public static CachedSource Mnist { get; } = new(
        new DatasetDescription("mnist", "MNIST", ClassNames.Digits, "CC BY-SA 3.0",
            $"Download {TrainImagesFile}.gz, {TrainLabelsFile}.gz, {TestImagesFile}.gz and {TestLabelsFile}.gz from "
            + "https://ossci-datasets.s3.amazonaws.com/mnist/ into one folder, then run 'rho data get mnist --from FOLDER'.",
            60_000, 10_000)
        {
            TrainingExamplesByClass = [5_923, 6_742, 5_958, 6_131, 5_842, 5_421, 5_918, 6_265, 5_851, 5_949],
        },
        [
            new KnownFile(TrainImages, TrainImagesFile, MnistTrainImages),
            new KnownFile(TrainLabels, TrainLabelsFile, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            new KnownFile(TestImages, TestImagesFile, MnistTestImages),
            new KnownFile(TestLabels, TestLabelsFile, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ],
        IdxDatasets.LoadMnistLike);

    public static CachedSource Qmnist { get; } = new(
        new DatasetDescription("qmnist", "QMNIST", ClassNames.Digits, "BSD-3-Clause (labels), CC BY-SA 3.0 (images)",
            "Download qmnist-train-labels-idx2-int.gz, qmnist-test-labels-idx2-int.gz and, for the 50,000 extra images, "
            + $"{QmnistTestImagesFile}.gz from https://github.com/facebookresearch/qmnist, and MNIST's {TrainImagesFile}.gz "
            + $"(and {TestImagesFile}.gz) into one folder, then run 'rho data get qmnist --from FOLDER'.",
            60_000, 10_000),
        [
            new KnownFile(TrainImages, TrainImagesFile, MnistTrainImages),
            new KnownFile(TrainImages, "qmnist-train-images-idx3-ubyte"),
            new KnownFile(TrainLabels, "qmnist-train-labels-idx2-int", "bb1b6e1ec7b04fd5696f1ed50b5f58f8ef195118edd5c93c81783df9740b8ac5"),
            new KnownFile(TestImages, QmnistTestImagesFile),
            new KnownFile(TestImages, TestImagesFile, MnistTestImages),
            new KnownFile(TestLabels, QmnistTestLabelsFile, QmnistTestLabels),
        ],
        IdxDatasets.LoadQmnist)
    {
        HasExtraHoldout = IdxDatasets.HasExtraHoldout,
    };
}
