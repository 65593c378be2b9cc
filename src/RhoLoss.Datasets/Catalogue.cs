using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Cifar;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Images;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Npy;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets;

/// <summary>The table of known sets.</summary>
internal static class Catalogue
{
    public const string TrainImages = "train-images", TrainLabels = "train-labels", TestImages = "test-images", TestLabels = "test-labels";
    public const string FashionMnist = "fashion-mnist";

    /// <summary>MNIST's four files, whose names Fashion-MNIST shares.</summary>
    public const string TrainImagesFile = "train-images-idx3-ubyte", TrainLabelsFile = "train-labels-idx1-ubyte",
        TestImagesFile = "t10k-images-idx3-ubyte", TestLabelsFile = "t10k-labels-idx1-ubyte";

    public const string QmnistTestImagesFile = "qmnist-test-images-idx3-ubyte";
    private const string QmnistTestLabelsFile = "qmnist-test-labels-idx2-int",
        QmnistTestLabels = "92d0ccb8c25f9c6534270fb4be7e1d24a1c6d315edfc8a638bfbd31c70f362dd";

    // The checksums of MNIST, QMNIST's labels, CIFAR-10, CoLA and SST-2 were computed from files whose published MD5 had been checked;
    // those of Fashion-MNIST from Debian's package, which carries the original files.
    private const string MnistTrainImages = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db";
    private const string MnistTestImages = "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7";

    public static IReadOnlyList<KnownDataset> All { get; } =
        [Subset(), Fashion(), Mnist(), Qmnist(), Ambiguous(), Cifar10(), Cifar100(), Cinic10(), Clothing(), Cola(), Sst2(), Folder()];

    public static KnownDataset Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (All.FirstOrDefault(set => set.Description.Name == name) is { } found) { return found; }
        string[] names = [.. All.Select(s => s.Description.Name)];
        string hint = name.AsSpan().IndexOfAny('/', '\\') >= 0 || Path.Exists(name)
            ? ", which looks like a path: a folder is given by data.directory, "
                + "and data.set = \"image-folder\" reads images from it, \"text\" texts."
            : $"; did you mean {NearestName.Of(name, names)}?";
        throw new InvalidInputException($"There is no data set named '{name}'{hint} Known names: {string.Join(", ", names)}.");
    }

    private static KnownDataset Subset() => new(
        new DatasetDescription(
            "fashion-mnist-subset", "Fashion-MNIST, 25,000 examples", ClassNames.FashionMnist, "MIT, Copyright (c) 2017 Zalando SE",
            "Built in; nothing to get.", TrainingExamples: 20_000, TestExamples: 5_000)
        {
            FixedSplit = "10,000 training and 10,000 holdout examples",
            TrainingExamplesByClass = Even(10, 2_000),
            FetchedAutomatically = true,
        },
        [],
        (_, _) => throw new InvalidOperationException("The built-in set has no folder."));

    private static KnownDataset Fashion() => new(
        new DatasetDescription(FashionMnist, "Fashion-MNIST", ClassNames.FashionMnist, "MIT, Copyright (c) 2017 Zalando SE",
            "Run 'rho data get fashion-mnist', or 'apt-get install dataset-fashion-mnist' on Debian and Ubuntu.", 60_000, 10_000)
        {
            TrainingExamplesByClass = Even(10, 6_000),
            FetchedAutomatically = true,
        },
        [
            new KnownFile(TrainImages, TrainImagesFile, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            new KnownFile(TrainLabels, TrainLabelsFile, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            new KnownFile(TestImages, TestImagesFile, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            new KnownFile(TestLabels, TestLabelsFile, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ],
        IdxDatasets.LoadMnistLike);

    private static KnownDataset Mnist() => new(
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

    private static KnownDataset Qmnist() => new(
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
        IdxDatasets.LoadQmnist);

    // 12,000 samples with ten labels each: the first 6,000 samples are the training set, the others the test set.
    private static KnownDataset Ambiguous() => new(
        new DatasetDescription("ambiguous-mnist", "AmbiguousMNIST", ClassNames.Digits, "Apache-2.0; Mukhoti et al. 2021",
            "Download amnist_samples.pt and amnist_labels.pt from "
            + "https://github.com/BlackHC/ddu_dirty_mnist/releases/tag/data-v1.0.0, export both as .npy "
            + $"(docs/data.md has the lines of Python), put {QmnistTestImagesFile}.gz and {QmnistTestLabelsFile}.gz of QMNIST "
            + "beside them to hold out and test as the paper does, then run 'rho data get ambiguous-mnist --from FOLDER'.",
            60_000, 60_000),
        [
            new KnownFile(AmbiguousMnist.Samples, "amnist_samples.npy"),
            new KnownFile(AmbiguousMnist.Labels, "amnist_labels.npy"),
            new KnownFile(TestImages, QmnistTestImagesFile) { Optional = true },
            new KnownFile(TestLabels, QmnistTestLabelsFile, QmnistTestLabels) { Optional = true },
        ],
        AmbiguousMnist.Load)
    {
        TestExamplesWithExtraHoldout = 10_000,
    };

    private static KnownDataset Cifar10() => new(
        new DatasetDescription("cifar-10", "CIFAR-10", ClassNames.Cifar10, "research use; Krizhevsky 2009",
            "Download https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, "
            + "then run 'rho data get cifar-10 --from cifar-10-binary.tar.gz'.",
            50_000, 10_000)
        {
            AugmentByDefault = true,
            FixedSplit = CifarDatasets.Split,
            TrainingExamplesByClass = Even(10, 5_000),
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

    private static KnownDataset Cifar100() => new(
        new DatasetDescription("cifar-100", "CIFAR-100", ClassNames.Cifar100, "research use; Krizhevsky 2009",
            "Download https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz, "
            + "then run 'rho data get cifar-100 --from cifar-100-binary.tar.gz'.",
            50_000, 10_000)
        {
            AugmentByDefault = true,
            FixedSplit = CifarDatasets.Split,
            TrainingExamplesByClass = Even(100, 500),
        },
        [new KnownFile("train", "train.bin"), new KnownFile("test", "test.bin")],
        CifarDatasets.LoadCifar100)
    {
        ArchiveFolder = "cifar-100-binary",
    };

    private static KnownDataset Cola() => new(
        new DatasetDescription("cola", "CoLA 1.1", ClassNames.Cola, "research use; Warstadt, Singh and Bowman 2018",
            "Download https://nyu-mll.github.io/CoLA/cola_public_1.1.zip, then run 'rho data get cola --from cola_public_1.1.zip'.",
            8_551, 1_043)
        {
            FixedSplit = CifarDatasets.Split,
            TrainingExamplesByClass = [2_528, 6_023],
            IsText = true,
        },
        [
            new KnownFile(TextDatasets.Train, "in_domain_train.tsv", "f320a10f92d3bce6b29152fde322a362eac39238e50d8de0c8815457fdf4fc12"),
            new KnownFile(
                TextDatasets.InDomainDev, "in_domain_dev.tsv", "77176f6a03faa5a1c4f23c69971fc1bff565931112fb65af47b2d6e24b7f42f7"),
            new KnownFile(
                TextDatasets.OutOfDomainDev, "out_of_domain_dev.tsv",
                "201b9c57b2a20f1282242eec0ed8995729e3be19c29a46c047b3727338836c05"),
        ],
        TextDatasets.LoadCola)
    {
        ArchiveFolder = "cola_public/raw",
    };

    private static KnownDataset Sst2() => new(
        new DatasetDescription("sst-2", "SST-2", ClassNames.Sst2, "research use; Socher et al. 2013, GLUE 2018",
            "Download https://dl.fbaipublicfiles.com/glue/data/SST-2.zip, then run 'rho data get sst-2 --from SST-2.zip'.", 67_349, 872)
        {
            FixedSplit = CifarDatasets.Split,
            TrainingExamplesByClass = [29_780, 37_569],
            IsText = true,
        },
        [
            new KnownFile(TextDatasets.Train, "train.tsv", "48eac26399f8456935f81dd9e3a745c1430adb6c62e233ccfe22db4a0d15d1d1"),
            new KnownFile(TextDatasets.Dev, "dev.tsv", "54a9c12c77e402fc14d6a66a506f24d999f596b0176eb777c972cccc2f9cc4b0"),
        ],
        TextDatasets.LoadSst2)
    {
        ArchiveFolder = "SST-2",
    };

    private static KnownDataset Cinic10() => Images(
        new DatasetDescription(
            "cinic-10", "CINIC-10", ClassNames.Cifar10, "images of CIFAR-10 and ImageNet; terms at https://doi.org/10.7488/ds/2448",
            "Download https://datashare.ed.ac.uk/bitstream/handle/10283/3192/CINIC-10.tar.gz, "
            + "which https://doi.org/10.7488/ds/2448 describes, unpack it, and give its folder.",
            180_000, 90_000)
        {
            AugmentByDefault = true,
            FixedSplit = "train trains, valid holds out",
            TrainingExamplesByClass = Even(10, 18_000),
            ImageSize = ImageSets.CinicSize,
        },
        ImageSets.ReadCinic10);

    // 1,000,000 noisy and 47,570 clean training images, 10,526 clean test images; docs/data.md says where these counts come from.
    private static KnownDataset Clothing() => Images(
        new DatasetDescription(
            "clothing-1m", "Clothing-1M", Clothing1M.Classes,
            "non-commercial research and education, on request, not to be passed on; Xiao et al. 2015",
            "Ask its authors (https://github.com/Cysu/noisy_label), unpack it, and give its folder.",
            1_047_570, 10_526)
        {
            AugmentByDefault = true,
        },
        Clothing1M.Read);

    private static KnownDataset Folder() => Images(
        new DatasetDescription("image-folder", "a folder of JPEG or PNG images, one folder per class", [], "that of your images",
            "Put images into FOLDER/train/CLASS, FOLDER/valid/CLASS and FOLDER/test/CLASS, or FOLDER/CLASS, and give the folder, "
            + "as in 'rho train photos --set data.directory=FOLDER'.", 0, 0)
        {
            AugmentByDefault = true,
        },
        ImageSets.ReadFolder);

    private static KnownDataset Images(DatasetDescription description, Func<string, DatasetOptions, ImageParts> read) =>
        new(
            description with
            {
                ReadFromFolder = true,
                ImageSize = description.ImageSize > 0 ? description.ImageSize : ImageSets.DefaultSize,
            },
            [],
            (_, _) => throw new InvalidOperationException("Image files are read from a path."))
        {
            ReadImages = read,
        };

    private static int[] Even(int classes, int examples) => [.. Enumerable.Repeat(examples, classes)];
}
