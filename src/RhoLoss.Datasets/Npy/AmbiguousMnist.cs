using System.Globalization;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Splits;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Npy;

/// <summary>
/// AmbiguousMNIST (Mukhoti et al., 2021, "Deep Deterministic Uncertainty", the ambiguous half of Dirty-MNIST; paper, App.
/// C): generated digits that can be read in several ways, each with several labels drawn from a classifier's probabilities.
/// Read from .npy exports of its two tensors.
/// </summary>
/// <remarks>
/// Every label of a sample is one example, sample by sample: example id = sample · L + position of the label, and the origin of all L is
/// the first of them, so that a split never puts one sample on both sides. The first half of the samples is the training set, the second
/// the test set, whose ids count from 0 again.
/// </remarks>
internal static class AmbiguousMnist
{
    private const string Samples = "samples", Labels = "labels";

    // 12,000 samples with ten labels each: the first 6,000 samples are the training set, the others the test set.
    public static CachedSource Source { get; } = new(
        new DatasetDescription("ambiguous-mnist", "AmbiguousMNIST", ClassNames.Digits, "Apache-2.0; Mukhoti et al. 2021",
            "Download amnist_samples.pt and amnist_labels.pt from "
            + "https://github.com/BlackHC/ddu_dirty_mnist/releases/tag/data-v1.0.0, export both as .npy "
            + $"(docs/data.md has the lines of Python), put {MnistFiles.QmnistTestImagesFile}.gz and "
            + $"{MnistFiles.QmnistTestLabelsFile}.gz of QMNIST "
            + "beside them to hold out and test as the paper does, then run 'rho data get ambiguous-mnist --from FOLDER'.",
            60_000, 60_000),
        [
            new KnownFile(Samples, "amnist_samples.npy"),
            new KnownFile(Labels, "amnist_labels.npy"),
            new KnownFile(MnistFiles.TestImages, MnistFiles.QmnistTestImagesFile) { Optional = true },
            new KnownFile(MnistFiles.TestLabels, MnistFiles.QmnistTestLabelsFile, MnistFiles.QmnistTestLabels) { Optional = true },
        ],
        Load)
    {
        HasExtraHoldout = IdxDatasets.HasExtraHoldout,
        TestExamplesWithExtraHoldout = 10_000,
    };

    /// <summary>
    /// The paper's code trains on the training set, holds out QMNIST's 50,000 extra images and tests on MNIST's test images;
    /// so does this, where QMNIST's test files are in the folder. Where they are not, the training samples are split by
    /// class and the set's own test samples test.
    /// </summary>
    public static DatasetSplits Load(DatasetFolder folder, DatasetOptions options) => Load(folder, options, testExamples: null);

    /// <summary>The same with another number of QMNIST's test examples before the extra ones.</summary>
    internal static DatasetSplits Load(DatasetFolder folder, DatasetOptions options, int? testExamples)
    {
        if (folder.Has(MnistFiles.TestImages) != folder.Has(MnistFiles.TestLabels))
        {
            (string there, string missing) = folder.Has(MnistFiles.TestImages) ? ("images", "labels") : ("labels", "images");
            throw new InvalidInputException(
                $"{folder.Path}: QMNIST's test images and test labels hold out and test together, but only the {there} are there. "
                + $"Add the {missing}, or remove the {there} to split the samples themselves.");
        }
        using IDisposable scope = NewDisposeScope();
        (Examples train, Examples test) = Read(folder);
        long copies = train.Origins!.eq(Scalars.Zero).sum().item<long>();   // the labels of the first sample
        Func<long, ExamplePlace> ofTraining = PlacesIn(folder, copies, firstSample: 0);
        if (!IdxDatasets.HasExtraHoldout(folder))
        {
            return Split(test, "; the second half of the samples tests, because QMNIST's test files are not there") with
            {
                Places = new ExamplePlaces(ofTraining, PlacesIn(folder, copies, train.Ids.shape[0] / copies)),
            };
        }
        (Examples qmnistTest, Examples? extra) =
            testExamples is { } given ? IdxDatasets.ReadQmnistTest(folder, given) : IdxDatasets.ReadQmnistTest(folder);
        DatasetSplits splits = options.HoldoutFraction == 0
            ? Split(qmnistTest, "; MNIST's test images test")
            : IdxDatasets.HoldOutExtra(folder, options, train, extra!, qmnistTest);
        return splits with
        {
            Places = IdxDatasets.PlacesWithExtra(
                ofTraining, train.Ids.shape[0],
                IdxDatasets.PlacesIn(folder[MnistFiles.TestImages], qmnistTest.Inputs), qmnistTest.Ids.shape[0]),
        };

        DatasetSplits Split(Examples tested, string note) =>
            IdxDatasets.SplitByClass(folder, options, train, tested, IdxDatasets.MnistNormalization, note, folder[Labels]);
    }

    /// <summary>Places of samples: each is several examples, one a label.</summary>
    private static Func<long, ExamplePlace> PlacesIn(DatasetFolder folder, long copies, long firstSample)
    {
        string path = folder[Samples];
        return id => new ExamplePlace(path) { Position = firstSample + id / copies };
    }

    private static (Examples Train, Examples Test) Read(DatasetFolder folder)
    {
        Tensor images = ReadSamples(folder[Samples]), labels = ReadLabels(folder[Labels]);
        long samples = labels.shape[0], half = samples / 2;
        if (images.shape[0] != samples)
        {
            throw new InvalidInputException(
                $"{folder[Samples]} has {Counted.Of(images.shape[0], "sample")}, but {folder[Labels]} has labels of {samples}; "
                + "there must be one row of labels per sample. Give the two files of the same release.");
        }
        if (samples % 2 != 0)
        {
            throw new InvalidInputException(
                $"{folder[Samples]}: the first half of the samples trains and the second tests, "
                + $"so their number must be even, but is {samples}. Export the complete tensors.");
        }
        return (Flatten(0, half, "training"), Flatten(half, samples, "test"));

        Examples Flatten(long start, long end, string part)
        {
            long copies = labels.shape[1];
            Tensor flat = labels.slice(0, start, end, 1).reshape(-1);
            LabelRules.Check(flat, folder.Set.Description.Classes, $"{folder[Labels]}, {part} samples");
            Tensor ids = Scalars.Range(flat.shape[0], int64);
            Tensor sample = ids.div(Scalars.Of(copies), RoundingMode.floor);
            Tensor inputs = images.slice(0, start, end, 1).index_select(0, sample);
            return new Examples(inputs, flat, ids) { Origins = sample.mul(Scalars.Of(copies)) };
        }
    }

    /// <summary>Images as bytes, as MNIST's are, uint8 [N, 1, rows, columns]: floats from 0 to 1 are off by 1/510 at most.</summary>
    private static Tensor ReadSamples(string path)
    {
        NpyArray array = NpyArray.Read(path);
        IReadOnlyList<int> d = array.Dimensions;
        if (!(d.Count == 3 || (d.Count == 4 && d[1] == 1)) || array.ElementType == NpyElementType.Long)
        {
            throw new InvalidInputException(
                $"{path}: samples must be float32 or uint8 of shape [N, 1, rows, columns] or [N, rows, columns], "
                + $"but are {array.ElementType} of shape {array.Shape}. Export the tensor of amnist_samples.pt.");
        }
        byte[] pixels = array.ElementType == NpyElementType.UnsignedByte ? array.Payload : ToBytes(array, path);
        return tensor(pixels, dtype: ScalarType.Byte).reshape(d[0], 1, d[^2], d[^1]);
    }

    private static byte[] ToBytes(NpyArray array, string path)
    {
        ReadOnlySpan<float> values = array.Floats;
        var bytes = new byte[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!(values[i] >= 0 && values[i] <= 1))
            {
                throw new InvalidInputException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{path}: pixels must lie between 0 and 1, but one of sample {i / (values.Length / array.Dimensions[0])} "
                        + $"is {values[i]}. Export the tensor of amnist_samples.pt as it is, without normalising it."));
            }
            bytes[i] = (byte)MathF.Round(values[i] * 255);
        }
        return bytes;
    }

    /// <summary>Labels, int64 [N, L]; their range is checked by part, where an error can count examples.</summary>
    private static Tensor ReadLabels(string path)
    {
        NpyArray array = NpyArray.Read(path);
        if (array.Dimensions.Count != 2 || array.ElementType == NpyElementType.Float)
        {
            throw new InvalidInputException(
                $"{path}: labels must be int64 or uint8 of shape [N, labels of a sample], "
                + $"but are {array.ElementType} of shape {array.Shape}. Export the tensor of amnist_labels.pt.");
        }
        Tensor flat = array.ElementType == NpyElementType.Long
            ? tensor(array.Longs.ToArray())
            : tensor(array.Payload, dtype: ScalarType.Byte).to(int64);
        return flat.reshape(array.Dimensions[0], array.Dimensions[1]);
    }
}
