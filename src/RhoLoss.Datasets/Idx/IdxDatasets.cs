using RhoLoss.Data;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Splits;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Idx;

/// <summary>Reads and splits the sets that come as IDX files.</summary>
internal static class IdxDatasets
{
    /// <summary>MNIST's test set, which QMNIST's longer one starts with.</summary>
    private const int MnistTestExamples = 10_000;

    /// <summary>MNIST's usual values, which QMNIST, a reconstruction of the same images, is normalised with (paper's code).</summary>
    internal static readonly Normalization MnistNormalization = new([0.1307f], [0.3081f]);

    /// <summary>MNIST and Fashion-MNIST: a class-balanced split of the training file; ids are positions in it.</summary>
    public static DatasetSplits LoadMnistLike(DatasetFolder folder, DatasetOptions options)
    {
        DatasetDescription description = folder.Set.Description;
        using IDisposable scope = NewDisposeScope();
        (Tensor images, Tensor labels) =
            IdxFile.ReadPair(folder[MnistFiles.TrainImages], folder[MnistFiles.TrainLabels], description.Classes);
        (Tensor testImages, Tensor testLabels) =
            IdxFile.ReadPair(folder[MnistFiles.TestImages], folder[MnistFiles.TestLabels], description.Classes);
        return SplitByClass(folder, options,
            Examples.InFileOrder(images, labels), Examples.InFileOrder(testImages, testLabels), normalization: null, note: "") with
        {
            Places = new ExamplePlaces(
                PlacesIn(folder[MnistFiles.TrainImages], images), PlacesIn(folder[MnistFiles.TestImages], testImages)),
        };
    }

    /// <summary>Places in a file of images.</summary>
    internal static Func<long, ExamplePlace> PlacesIn(string path, Tensor images)
    {
        long bytes = images.numel() / images.shape[0];
        return ExamplePlaces.InRecords(path, IdxFile.ImagesHeaderBytes, bytes);
    }

    /// <summary>
    /// Training ids are positions in one file; the ids of extra holdout images count on from there, and these stand behind the
    /// test set in QMNIST's test file.
    /// </summary>
    internal static ExamplePlaces PlacesWithExtra(
        Func<long, ExamplePlace> training, long trainingCount,
        Func<long, ExamplePlace> qmnistTest, long testExamples) =>
        new(ExamplePlaces.OneAfterTheOther(training, trainingCount, position => qmnistTest(testExamples + position)), qmnistTest);

    /// <summary>
    /// QMNIST (paper, App. B): trains on MNIST's 60,000 images and holds out the 50,000 test images that MNIST left out. Where
    /// those are missing, the 60,000 are split by class instead. Without a holdout the extra images are not used.
    /// </summary>
    public static DatasetSplits LoadQmnist(DatasetFolder folder, DatasetOptions options) => LoadQmnist(folder, options, MnistTestExamples);

    /// <summary>The same with another number of test examples before the extra ones.</summary>
    internal static DatasetSplits LoadQmnist(DatasetFolder folder, DatasetOptions options, int testExamples)
    {
        using IDisposable scope = NewDisposeScope();
        Examples train = ReadQmnist(folder, MnistFiles.TrainImages, MnistFiles.TrainLabels);
        (Examples test, Examples? extra) = ReadQmnistTest(folder, testExamples);
        DatasetSplits splits = options.HoldoutFraction == 0 ? SplitByClass(folder, options, train, test, MnistNormalization, note: "")
            : extra is null ? SplitByClass(folder, options, train, test, MnistNormalization,
                $"; the 50,000 extra images ({MnistFiles.QmnistTestImagesFile}) are not there")
            : HoldOutExtra(folder, options, train, extra, test);
        return splits with
        {
            Places = PlacesWithExtra(
                PlacesIn(folder[MnistFiles.TrainImages], train.Inputs), train.Ids.shape[0],
                PlacesIn(folder[MnistFiles.TestImages], test.Inputs), testExamples),
        };
    }

    /// <summary>Whether QMNIST's 50,000 images beyond MNIST's test set are there, to be the holdout.</summary>
    internal static bool HasExtraHoldout(DatasetFolder folder) =>
        folder.NameOf(MnistFiles.TestImages) == MnistFiles.QmnistTestImagesFile;

    /// <summary>
    /// QMNIST's test file: the test set of <paramref name="testExamples"/> examples, and those beyond it where they are there, ids from 0.
    /// </summary>
    internal static (Examples Test, Examples? Extra) ReadQmnistTest(DatasetFolder folder, int testExamples = MnistTestExamples)
    {
        DatasetDescription description = folder.Set.Description;
        Tensor testLabels = IdxFile.ReadQmnistLabels(folder[MnistFiles.TestLabels]).select(1, 0).clone();
        Tensor testImages = IdxFile.ReadImages(folder[MnistFiles.TestImages]);
        RequireTestCounts(folder, testImages, testLabels, testExamples, HasExtraHoldout(folder));
        Examples all = Examples.InFileOrder(testImages, testLabels.slice(0, 0, testImages.shape[0], 1));
        Examples test = all.At(Scalars.Range(testExamples, int64));
        LabelRules.Check(
            test.Labels, description.Classes, $"{folder[MnistFiles.TestLabels]}, first {testExamples} rows", description.ClassNames);
        if (!HasExtraHoldout(folder)) { return (test, null); }
        Examples extra = all.At(Scalars.Range(testExamples, testImages.shape[0]));
        LabelRules.Check(
            extra.Labels, description.Classes, $"{folder[MnistFiles.TestLabels]}, rows from {testExamples}", description.ClassNames);
        return (test, extra with { Ids = extra.Ids.sub(Scalars.Of(testExamples)) });
    }

    /// <summary>
    /// All training examples train, QMNIST's extra images hold out; their ids count on from the
    /// training ids, so that no id is in both parts.
    /// </summary>
    internal static DatasetSplits HoldOutExtra(DatasetFolder folder, DatasetOptions options, Examples train, Examples extra, Examples test)
    {
        if (options.HoldoutFraction != DatasetOptions.DefaultHoldoutFraction)
        {
            throw new InvalidInputException(
                $"{folder.Set.Description.Name} holds out QMNIST's extra images, "
                + FormattableString.Invariant(
                    $"so the holdout fraction must be {DatasetOptions.DefaultHoldoutFraction}, or 0 for no holdout, ")
                + FormattableString.Invariant($"but was {options.HoldoutFraction}. Remove data.holdout-fraction."));
        }
        Examples holdout = extra with { Ids = extra.Ids.add(Scalars.Of(train.Ids.shape[0]), Scalars.One) };
        string source =
            $"{folder.Source}; training: all of the training file, holdout: the "
            + $"{Counted.Of(holdout.Ids.shape[0], "extra image")}";
        return SplitAssembly.Assemble(folder.Set.Description, source, train, holdout, test, MnistNormalization);
    }

    /// <summary>A split of the training examples by class, in which copies of one image stay together.</summary>
    internal static DatasetSplits SplitByClass(
        DatasetFolder folder, DatasetOptions options, Examples train, Examples test, Normalization? normalization, string note,
        string? labels = null)
    {
        DatasetDescription description = folder.Set.Description;
        if (options.HoldoutFraction == 0)
        {
            return SplitAssembly.Assemble(
                description,
                $"{folder.Source}{note}; training: all of the training file, no holdout",
                train, holdout: null, test, normalization);
        }
        (Tensor training, Tensor holdout) = ClassBalancedSplit.Of(
            train.Labels, description.Classes, options.HoldoutFraction, options.SplitSeed, labels ?? folder[MnistFiles.TrainLabels],
            classNames: description.ClassNames, origins: train.Origins);
        string source =
            $"{folder.Source}{note}; class-balanced split of the training file, "
            + FormattableString.Invariant($"{options.HoldoutFraction} to the holdout, split seed {options.SplitSeed}");
        return SplitAssembly.Assemble(description, source, train.At(training), train.At(holdout), test, normalization);
    }

    private static Examples ReadQmnist(DatasetFolder folder, string images, string labels)
    {
        Tensor classLabels = IdxFile.ReadQmnistLabels(folder[labels]).select(1, 0).clone();
        Tensor pixels = IdxFile.ReadImages(folder[images]);
        IdxFile.RequireSameCount(pixels, folder[images], classLabels, folder[labels]);
        return Examples.InFileOrder(pixels, classLabels);
    }

    private static void RequireTestCounts(DatasetFolder folder, Tensor images, Tensor labels, int testExamples, bool extraImages)
    {
        string imagesPath = folder[MnistFiles.TestImages], labelsPath = folder[MnistFiles.TestLabels];
        if (extraImages)
        {
            IdxFile.RequireSameCount(images, imagesPath, labels, labelsPath);
            if (images.shape[0] <= testExamples)
            {
                throw new InvalidInputException(
                    $"{imagesPath}: QMNIST's test file must have more than {testExamples} images, "
                    + $"test set and extra ones, but has {images.shape[0]}. Give the complete file.");
            }
        }
        else if (images.shape[0] != testExamples || labels.shape[0] < testExamples)
        {
            throw new InvalidInputException(
                $"{imagesPath} must have {testExamples} images and {labelsPath} at least as many labels, "
                + $"but they have {images.shape[0]} and {labels.shape[0]}. Give MNIST's test images and QMNIST's test labels.");
        }
    }
}
