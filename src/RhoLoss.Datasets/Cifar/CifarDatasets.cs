using RhoLoss.Data;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Splits;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Cifar;

/// <summary>Reads and splits CIFAR-10 and CIFAR-100: even ids train, odd ids hold out; ids are positions in the training files.</summary>
internal static class CifarDatasets
{
    /// <summary>Maps 0..255 to −1..1, as the paper's code does for CIFAR.</summary>
    private static readonly Normalization CifarNormalization = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    public static DatasetSplits LoadCifar10(DatasetFolder folder, DatasetOptions options) =>
        Load(
            folder, options, CifarFormat.Cifar10,
            [.. Enumerable.Range(1, 5).Select(batch => folder[$"data-batch-{batch}"])],
            folder["test-batch"]);

    public static DatasetSplits LoadCifar100(DatasetFolder folder, DatasetOptions options) =>
        Load(folder, options, CifarFormat.Cifar100, [folder["train"]], folder["test"]);

    private static DatasetSplits Load(
        DatasetFolder folder, DatasetOptions options, CifarFormat format, string[] trainingFiles, string testFile)
    {
        DatasetDescription description = folder.Set.Description;
        using IDisposable scope = NewDisposeScope();
        CifarExamples read = CifarFile.Read(format, trainingFiles);
        CifarExamples readTest = CifarFile.Read(format, testFile);
        var places = new ExamplePlaces(CifarFile.PlacesIn(format, trainingFiles), CifarFile.PlacesIn(format, testFile));
        Examples train = Examples.InFileOrder(read.Images, read.Labels);
        Examples test = Examples.InFileOrder(readTest.Images, readTest.Labels);
        (Examples training, Examples? holdout, string split) = EvenOddSplit.Of(train, options, description, folder.Path);
        return SplitAssembly.Assemble(description, $"{folder.Source}; {split}", training, holdout, test, CifarNormalization) with
        {
            Places = places,
        };
    }
}
