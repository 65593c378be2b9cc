namespace RhoLoss.Datasets.Idx;

/// <summary>What the files of MNIST are for, and their names, which Fashion-MNIST shares.</summary>
internal static class MnistFiles
{
    public const string TrainImages = "train-images", TrainLabels = "train-labels", TestImages = "test-images", TestLabels = "test-labels";

    public const string TrainImagesFile = "train-images-idx3-ubyte", TrainLabelsFile = "train-labels-idx1-ubyte",
        TestImagesFile = "t10k-images-idx3-ubyte", TestLabelsFile = "t10k-labels-idx1-ubyte";

    /// <summary>QMNIST's test files, whose first 10,000 examples are MNIST's test set.</summary>
    public const string QmnistTestImagesFile = "qmnist-test-images-idx3-ubyte", QmnistTestLabelsFile = "qmnist-test-labels-idx2-int";

    /// <summary>SHA-256 of the latter.</summary>
    public const string QmnistTestLabels = "92d0ccb8c25f9c6534270fb4be7e1d24a1c6d315edfc8a638bfbd31c70f362dd";
}
