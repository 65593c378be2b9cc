using System.Globalization;
using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Images;

/// <summary>Sets that are a tree of image files with one folder per class: any folder of the user's, and CINIC-10.</summary>
internal static class ImageSets
{
    /// <summary>Side of the images that models of ImageNet read.</summary>
    public const int DefaultSize = 224;

    /// <summary>Side of CINIC-10's images.</summary>
    public const int CinicSize = 32;

    private static readonly string[] HoldoutFolders = ["valid", "val", "holdout"];

    /// <summary>Mean and standard deviation of CINIC-10's training images, from its authors' repository (Darlow et al., 2018).</summary>
    private static readonly Normalization CinicNormalization = new([0.47889522f, 0.47227842f, 0.43047404f], [0.24205776f, 0.23828046f, 0.25874835f]);

    /// <summary>
    /// Folders train, valid (or val, or holdout) and test, each with one folder per class; without a holdout folder a share of train is
    /// held out; and one tree of class folders alone gives up a fifth of each class as test set first.
    /// </summary>
    public static ImageParts ReadFolder(string directory, DatasetOptions options)
    {
        RequireFolder(directory, "image-folder");
        int size = options.ImageSize == 0 ? DefaultSize : options.ImageSize;
        string train = Path.Combine(directory, "train");
        if (!Directory.Exists(train)) { return OneTree(directory, size, options); }
        return Parts(directory, "image-folder", ImageTree.ClassesOf(train), size, ImageParts.ImageNet, options);
    }

    /// <summary>CINIC-10: folders train, valid and test of 90,000 images each; valid is the holdout (paper, Section 4).</summary>
    public static ImageParts ReadCinic10(string directory, DatasetOptions options)
    {
        RequireFolder(directory, "cinic-10");
        foreach (string part in (string[])["train", "valid", "test"]) { RequireFolder(Path.Combine(directory, part), "cinic-10"); }
        return Parts(directory, "cinic-10", ClassNames.Cifar10, options.ImageSize == 0 ? CinicSize : options.ImageSize, CinicNormalization, options);
    }

    internal static void RequireFolder(string directory, string set)
    {
        if (!Directory.Exists(directory)) { throw new InvalidInputException($"{directory}: no such folder, so {set} cannot be read from it. Give the folder with its images: --directory, or data.directory in a recipe."); }
    }

    private static ImageParts Parts(string directory, string name, string[] classes, int size, Normalization normalization, DatasetOptions options)
    {
        string test = Path.Combine(directory, "test");
        if (!Directory.Exists(test)) { throw new InvalidInputException($"{directory}: a set with a folder 'train' must have a folder 'test', but has none. Add it, or give one folder of class folders, of which a fifth becomes the test set."); }
        ImageFile[] train = ImageTree.Read(Path.Combine(directory, "train"), classes);
        ImagePart training = ImagePart.From("training", train, 0), tested = ImagePart.From("test", ImageTree.Read(test, classes), 0);
        string[] holdouts = [.. HoldoutFolders.Where(folder => Directory.Exists(Path.Combine(directory, folder)))];
        if (holdouts.Length > 1) { throw new InvalidInputException($"{directory}: the holdout is one folder, but there are {string.Join(" and ", holdouts)}. Remove or rename all but one."); }
        if (options.HoldoutFraction == 0) { return Of($"{directory}; train trains, no holdout", training, holdout: null); }
        if (holdouts.Length == 1)
        {
            return Of($"{directory}; train trains, {holdouts[0]} holds out", training, ImagePart.From("holdout", ImageTree.Read(Path.Combine(directory, holdouts[0]), classes), train.Length));
        }
        (training, ImagePart holdout) = Split(training, "holdout", classes.Length, options.HoldoutFraction, options.SplitSeed, directory);
        return Of(Fraction($"{directory}; train holds out", options), training, holdout);

        ImageParts Of(string source, ImagePart part, ImagePart? holdout) => new($"{name} in {source}", classes, part, holdout, tested, size, CropSize: 0, normalization);
    }

    private static ImageParts OneTree(string directory, int size, DatasetOptions options)
    {
        const double TestShare = 0.2;
        string[] classes = ImageTree.ClassesOf(directory);
        var all = ImagePart.From("training", ImageTree.Read(directory, classes), 0);
        (ImagePart training, ImagePart test) = Split(all, "test", classes.Length, TestShare, options.SplitSeed, directory);
        ImagePart? holdout = null;
        if (options.HoldoutFraction > 0) { (training, holdout) = Split(training, "holdout", classes.Length, options.HoldoutFraction, Seeding.Mix(options.SplitSeed, 1), directory); }
        string source = $"image-folder in {directory}; one fifth of each class is the test set";
        return new ImageParts(holdout is null ? $"{source}; no holdout" : Fraction($"{source}; of the rest, held out", options), classes, training, holdout, test, size, CropSize: 0, ImageParts.ImageNet);
    }

    private static string Fraction(string what, DatasetOptions options) => string.Create(CultureInfo.InvariantCulture, $"{what} {options.HoldoutFraction} of each class, split seed {options.SplitSeed}");

    /// <summary>Shares the images of each class out; ids stay.</summary>
    internal static (ImagePart Remaining, ImagePart Taken) Split(ImagePart part, string takenName, int classes, double fraction, long seed, string source)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor rest, Tensor taken) = ClassBalancedSplit.Of(tensor(part.Files.Select(f => f.Label).ToArray()), classes, fraction, seed, $"{source}, {takenName} images");
        return (part.At(Positions(rest)), part.At(Positions(taken)) with { Name = takenName });

        static int[] Positions(Tensor rows) => [.. rows.data<long>().Select(row => (int)row)];
    }
}
