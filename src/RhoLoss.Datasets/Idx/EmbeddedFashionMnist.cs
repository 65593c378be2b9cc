using System.IO.Compression;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Splits;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Idx;

/// <summary>
/// The class-balanced part of Fashion-MNIST inside the assembly (MIT licence beside it; eng/make-fashion-mnist-subset.cs made it).
/// </summary>
internal sealed class EmbeddedFashionMnist() : BuiltInSource(
    new DatasetDescription(
        "fashion-mnist-subset", "Fashion-MNIST, 25,000 examples", ClassNames.FashionMnist, "MIT, Copyright (c) 2017 Zalando SE",
        "Built in; nothing to get.", TrainingExamples: 20_000, TestExamples: 5_000)
    {
        FixedSplit = "10,000 training and 10,000 holdout examples",
        TrainingExamplesByClass = [.. Enumerable.Repeat(2_000, 10)],
        FetchedAutomatically = true,
    })
{
    /// <summary>Training ids count from 0, holdout ids on from there, test ids from 0. Without a holdout both train.</summary>
    protected override DatasetSplits ReadSplits(DatasetOptions options)
    {
        RefuseFolder(options);
        using IDisposable scope = NewDisposeScope();
        Examples training = Read("training", Description.Classes);
        Examples holdout = Read("holdout", Description.Classes);
        holdout = holdout with { Ids = holdout.Ids.add(Scalars.Of(training.Ids.shape[0]), Scalars.One) };
        Examples test = Read("test", Description.Classes);
        var places = new ExamplePlaces(
            ExamplePlaces.OneAfterTheOther(PlacesIn("training", training), training.Ids.shape[0], PlacesIn("holdout", holdout)),
            PlacesIn("test", test));
        DatasetSplits splits = options.HoldoutFraction == 0
            ? SplitAssembly.Assemble(Description,
                "built-in subset of Fashion-MNIST, training and holdout together",
                training.And(holdout), holdout: null, test, normalization: null)
            : SplitAssembly.Assemble(Description, "built-in subset of Fashion-MNIST", training, holdout, test, normalization: null);
        return splits with { Places = places };
    }

    private static Func<long, ExamplePlace> PlacesIn(string part, Examples examples) =>
        IdxDatasets.PlacesIn($"built-in {ImagesName(part)}", examples.Inputs);

    private static string ImagesName(string part) => $"{part}-images-idx3-ubyte.gz";

    private Examples Read(string part, int classes)
    {
        string imagesName = ImagesName(part), labelsName = $"{part}-labels-idx1-ubyte.gz";
        using Stream labelsContent = Unpack(labelsName), imagesContent = Unpack(imagesName);
        Tensor labels = IdxFile.ReadLabels(labelsContent, labelsName, classes);
        Tensor images = IdxFile.ReadImages(imagesContent, imagesName);
        IdxFile.RequireSameCount(images, imagesName, labels, labelsName);
        return Examples.InFileOrder(images, labels);
    }

    private GZipStream Unpack(string file) => new(Open(file), CompressionMode.Decompress);
}
