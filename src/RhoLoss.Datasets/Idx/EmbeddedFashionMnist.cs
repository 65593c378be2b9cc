using System.IO.Compression;
using System.Reflection;
using RhoLoss.Datasets.Splits;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Idx;

/// <summary>
/// The class-balanced part of Fashion-MNIST inside the assembly (MIT licence beside it; eng/make-fashion-mnist-subset.cs made it).
/// </summary>
internal static class EmbeddedFashionMnist
{
    /// <summary>Training ids count from 0, holdout ids on from there, test ids from 0. Without a holdout both train.</summary>
    public static DatasetSplits Load(DatasetDescription description, DatasetOptions options)
    {
        using IDisposable scope = NewDisposeScope();
        Examples training = Read("training", description.Classes);
        Examples holdout = Read("holdout", description.Classes);
        holdout = holdout with { Ids = holdout.Ids.add(Scalars.Of(training.Ids.shape[0]), Scalars.One) };
        Examples test = Read("test", description.Classes);
        var places = new ExamplePlaces(
            ExamplePlaces.OneAfterTheOther(PlacesIn("training", training), training.Ids.shape[0], PlacesIn("holdout", holdout)),
            PlacesIn("test", test));
        DatasetSplits splits = options.HoldoutFraction == 0
            ? SplitAssembly.Assemble(description,
                "built-in subset of Fashion-MNIST, training and holdout together",
                training.And(holdout), holdout: null, test, normalization: null)
            : SplitAssembly.Assemble(description, "built-in subset of Fashion-MNIST", training, holdout, test, normalization: null);
        return splits with { Places = places };
    }

    private static Func<long, ExamplePlace> PlacesIn(string part, Examples examples) =>
        IdxDatasets.PlacesIn($"built-in {ImagesName(part)}", examples.Images);

    private static string ImagesName(string part) => $"{part}-images-idx3-ubyte.gz";

    private static Examples Read(string part, int classes)
    {
        string imagesName = ImagesName(part), labelsName = $"{part}-labels-idx1-ubyte.gz";
        using Stream labelsContent = Open(labelsName), imagesContent = Open(imagesName);
        Tensor labels = IdxFile.ReadLabels(labelsContent, labelsName, classes);
        Tensor images = IdxFile.ReadImages(imagesContent, imagesName);
        IdxFile.RequireSameCount(images, imagesName, labels, labelsName);
        return Examples.InFileOrder(images, labels);
    }

    private static GZipStream Open(string file)
    {
        string resource = $"fashion-mnist-subset/{file}";
        Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException(
                $"The assembly has no resource {resource}; build it with the files of src/RhoLoss.Datasets/Embedded.");
        return new GZipStream(stream, CompressionMode.Decompress);
    }
}
