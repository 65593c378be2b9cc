using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Names;
using RhoLoss.Datasets.Splits;
using RhoLoss.Randomness;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Images;

/// <summary>Sets that are a tree of image files with one folder per class: any folder of the user's, and CINIC-10.</summary>
internal static class ImageSets
{
    /// <summary>Side of the images that models of ImageNet read.</summary>
    public const int DefaultSize = 224;

    /// <summary>Side of CINIC-10's images.</summary>
    public const int CinicSize = 32;

    private const string HoldoutKey = "data.holdout-fraction";

    /// <summary>Mean and standard deviation of CINIC-10's training images, from its authors' repository (Darlow et al., 2018).</summary>
    private static readonly Normalization CinicNormalization =
        new([0.47889522f, 0.47227842f, 0.43047404f], [0.24205776f, 0.23828046f, 0.25874835f]);

    /// <summary>
    /// Folders train, valid (or val, holdout …) and test, each with one folder per class; without a holdout folder a share of train is
    /// held out; and one tree of class folders alone gives up a fifth of each class as test set first.
    /// </summary>
    public static ImageParts ReadFolder(string directory, DatasetOptions options)
    {
        RequireFolder(directory, "image-folder");
        var leftOut = new LeftOutFiles(directory);
        int size = options.ImageSize == 0 ? DefaultSize : options.ImageSize;
        if (PartFolders.Find(directory, leftOut) is not { } folders) { return OneTree(directory, size, options, leftOut); }
        string[] classes = ImageTree.ClassesOf(Path.Combine(directory, folders.Train), leftOut);
        return Parts(directory, "image-folder", folders, classes, size, ImageParts.ImageNet, options, leftOut);
    }

    /// <summary>CINIC-10: folders train, valid and test of 90,000 images each; valid is the holdout (paper, Section 4).</summary>
    public static ImageParts ReadCinic10(string directory, DatasetOptions options)
    {
        RequireFolder(directory, "cinic-10");
        foreach (string part in (string[])["train", "valid", "test"]) { RequireFolder(Path.Combine(directory, part), "cinic-10"); }
        var leftOut = new LeftOutFiles(directory);
        PartFolders folders = PartFolders.Find(directory, leftOut)!;
        int size = options.ImageSize == 0 ? CinicSize : options.ImageSize;
        return Parts(directory, "cinic-10", folders, ClassNames.Cifar10, size, CinicNormalization, options, leftOut);
    }

    internal static void RequireFolder(string directory, string set)
    {
        SpecialFile.Refuse(directory, "a folder");
        if (!Directory.Exists(directory))
        {
            throw new DatasetFolderException(
                $"{directory}: no such folder, so {set} cannot be read from it. Give the folder with its images.");
        }
    }

    private static ImageParts Parts(
        string directory, string name, PartFolders folders, string[] classes, int size, Normalization normalization, DatasetOptions options,
        LeftOutFiles leftOut)
    {
        string? holdoutFolder = options.HoldoutFraction == 0 ? null : folders.Holdout;
        string[] parts = holdoutFolder is null ? [folders.Train, folders.Test] : [folders.Train, folders.Test, holdoutFolder];
        ImageFile[][] files = ImageTree.Read([.. parts.Select(folder => Path.Combine(directory, folder))], classes, leftOut);
        ImagePart training = ImagePart.From("training", files[0], 0), tested = ImagePart.From("test", files[1], 0);
        if (options.HoldoutFraction == 0)
        {
            string unread = folders.Holdout is null ? "" : $", so {folders.Holdout} is not read";
            return Of($"{directory}; {folders.Train} trains, no holdout{unread}", training, holdout: null);
        }
        if (holdoutFolder is not null)
        {
            var given = ImagePart.From("holdout", files[2], files[0].Length);
            return Of($"{directory}; {folders.Train} trains, {holdoutFolder} holds out", training, given);
        }
        (training, ImagePart holdout) = Split(training, "holdout", classes, options.HoldoutFraction, options.SplitSeed, directory);
        return Of(Fraction($"{directory}; {folders.Train} holds out", options), training, holdout);

        ImageParts Of(string source, ImagePart part, ImagePart? holdout) =>
            new($"{name} in {source}; {folders.Test} is the test set", classes, part, holdout, tested, size, CropSize: 0, normalization)
            {
                LeftOut = leftOut.Lines,
                Own = name == "image-folder" ? directory : null,
                Notices = NoticesOf(directory, classes, [.. files.SelectMany(part => part)]),
            };
    }

    private static ImageParts OneTree(string directory, int size, DatasetOptions options, LeftOutFiles leftOut)
    {
        const double TestShare = 0.2;
        string[] classes = ImageTree.ClassesOf(directory, leftOut);
        if (classes.FirstOrDefault(name => PartFolders.PartsIn(Path.Combine(directory, name)) > 1) is { } outer)
        {
            string inner = Path.Combine(directory, outer);
            string parts = string.Join(", ", ImageTree.FoldersOf(inner));
            throw new InvalidInputException($"{directory}: '{outer}' holds folders of parts ({parts}), where a class holds images. "
                + $"Give {inner} if it is the set, or put the parts outside and the classes inside: train/CLASS, test/CLASS.");
        }
        var all = ImagePart.From("training", ImageTree.Read([directory], classes, leftOut)[0], 0);
        (ImagePart training, ImagePart test) = Split(all, "test", classes, TestShare, options.SplitSeed, directory, key: null);
        ImagePart? holdout = null;
        if (options.HoldoutFraction > 0)
        {
            long seed = Seeding.Mix(options.SplitSeed, 1);
            (training, holdout) = Split(training, "holdout", classes, options.HoldoutFraction, seed, directory);
        }
        string source = $"image-folder in {directory}; one fifth of each class is the test set";
        source = holdout is null ? $"{source}; no holdout" : Fraction($"{source}; of the rest, held out", options);
        return new ImageParts(source, classes, training, holdout, test, size, CropSize: 0, ImageParts.ImageNet)
        {
            LeftOut = leftOut.Lines,
            Own = directory,
            Notices = NoticesOf(directory, classes, all.Files),
        };
    }

    private static string[] NoticesOf(string directory, string[] classes, IReadOnlyList<ImageFile> images)
    {
        Dictionary<string, int> counts = images.CountBy(image => classes[image.Label]).ToDictionary(StringComparer.Ordinal);
        string?[] notices =
        [
            ClassSpellings.Notice(counts, directory, ("image", "images"), "Put their images into one folder"),
            MissingLabels.Notice(counts, directory, ("image", "images"), "Take these images out of the set"),
        ];
        return [.. notices.OfType<string>()];
    }

    private static string Fraction(string what, DatasetOptions options) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} {options.HoldoutFraction} of each class, split seed {options.SplitSeed}");

    /// <summary>Shares the images of each class out; ids stay.</summary>
    /// <param name="part">The images.</param>
    /// <param name="takenName">What the second part is, in words.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="fraction">Share of the second part.</param>
    /// <param name="seed">Which images go there.</param>
    /// <param name="source">The folder that errors name.</param>
    /// <param name="key">The key of a recipe that sets the share; null where none does.</param>
    internal static (ImagePart Remaining, ImagePart Taken) Split(
        ImagePart part, string takenName, IReadOnlyList<string> classes, double fraction, long seed, string source,
        string? key = HoldoutKey)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor labels = tensor(part.Files.Select(f => f.Label).ToArray());
        (Tensor rest, Tensor taken) = ClassBalancedSplit.Of(labels, classes.Count, fraction, seed, source, takenName, key, classes);
        return (part.At(Positions(rest)), part.At(Positions(taken)) with { Name = takenName });

        static int[] Positions(Tensor rows) => [.. rows.data<long>().Select(row => (int)row)];
    }
}
