using System.Globalization;
using RhoLoss.Datasets.Tables;

namespace RhoLoss.Datasets.Images;

/// <summary>
/// Clothing-1M (Xiao et al., CVPR 2015): images named by key lists, labels by two files of "path label" lines. D is the noisy and the clean
/// training images without D_ho, which is a tenth of them, the same share of every class; the clean test images are the test set.
/// </summary>
internal static class Clothing1M
{
    public const string NoisyTrain = "noisy_train_key_list.txt", CleanTrain = "clean_train_key_list.txt",
        CleanVal = "clean_val_key_list.txt", CleanTest = "clean_test_key_list.txt",
        NoisyLabels = "noisy_label_kv.txt", CleanLabels = "clean_label_kv.txt";

    private const double HoldoutShare = 0.1;

    /// <summary>Names of the 14 classes, in label order (category_names_eng.txt of the release).</summary>
    public static IReadOnlyList<string> Classes { get; } =
        [
            "T-Shirt", "Shirt", "Knitwear", "Chiffon", "Sweater", "Hoodie", "Windbreaker", "Jacket", "Down Coat", "Suit", "Shawl",
            "Dress", "Vest", "Underwear"
        ];

    /// <summary>Reads the lists of a folder. Images are stored with a shorter side of 256 pixels; the model reads 224 of them.</summary>
    public static ImageParts Read(string directory, DatasetOptions options)
    {
        ImageSets.RequireFolder(directory, "clothing-1m");
        string[] needed = [NoisyTrain, CleanTrain, CleanVal, CleanTest, NoisyLabels, CleanLabels];
        string[] missing = [.. needed.Where(file => !File.Exists(Path.Combine(directory, file)))];
        if (missing.Length > 0)
        {
            throw new DatasetFolderException(
                $"{directory}: {missing.Length} {(missing.Length == 1 ? "file" : "files")} of clothing-1m missing: "
                + $"{string.Join(", ", missing)}. Give the folder of the release.");
        }
        Dictionary<string, long> noisy = Labels(Path.Combine(directory, NoisyLabels)), clean = Labels(Path.Combine(directory, CleanLabels));
        ImageFile[] train = [.. Images(directory, NoisyTrain, noisy, options), .. Images(directory, CleanTrain, clean, options)];
        var test = ImagePart.From("test", Images(directory, CleanTest, clean, options), 0);
        var training = ImagePart.From("training", train, 0);
        ImagePart? holdout = null;
        if (options.HoldoutFraction > 0)
        {
            double share = options.HoldoutFraction is DatasetOptions.DefaultHoldoutFraction ? HoldoutShare : options.HoldoutFraction;
            (training, holdout) = ImageSets.Split(training, "holdout", Classes, share, options.SplitSeed, directory);
        }
        string split = holdout is null ? "noisy and clean training images, no holdout"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"noisy and clean training images, of which {holdout.Files.Count} of {train.Length} held out, "
                + $"split seed {options.SplitSeed}");
        (int size, int crop) = options.ImageSize == 0 ? (256, 224) : (options.ImageSize * 8 / 7, options.ImageSize);
        return new ImageParts($"clothing-1m in {directory}; {split}", Classes, training, holdout, test, size, crop, ImageParts.ImageNet);
    }

    private static Dictionary<string, long> Labels(string path)
    {
        var labels = new Dictionary<string, long>(StringComparer.Ordinal);
        int number = 0;
        foreach (string line in TextFile.ReadLines(path))
        {
            number++;
            if (line.Length == 0) { continue; }
            int space = line.LastIndexOf(' ');
            if (space < 1
                || !long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long label)
                || label >= Classes.Count)
            {
                throw new InvalidInputException(
                    $"{path}, line {number}: a line must be 'path label' with a label in 0..{Classes.Count - 1}, "
                    + $"but is '{line}'. Correct the line.");
            }
            labels[line[..space]] = label;
        }
        return labels;
    }

    private static ImageFile[] Images(string directory, string list, Dictionary<string, long> labels, DatasetOptions options)
    {
        string path = Path.Combine(directory, list);
        string[] keys = [.. TextFile.ReadLines(path).Where(line => line.Length > 0)];
        var images = new ImageFile[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            if (!labels.TryGetValue(keys[i], out long label))
            {
                throw new InvalidInputException(
                    $"{path}: every image must have a label in {NoisyLabels} or {CleanLabels}, but '{keys[i]}' has none. "
                    + "Give files of one release.");
            }
            images[i] = new ImageFile(Path.Combine(directory, keys[i]), label);
        }
        string[] absent = options.SkipBad ? [] : [.. images.Where(image => !File.Exists(image.Path)).Select(image => image.Path)];
        if (absent.Length > 0)
        {
            throw new InvalidInputException(
                $"{path}: every image of the list must be there, but {absent.Length} of {images.Length} "
                + $"{(absent.Length == 1 ? "is" : "are")} missing: "
                + $"{string.Join(", ", absent.Take(ImageVerification.Named))}{(absent.Length > ImageVerification.Named ? ", …" : "")}. "
                + $"Put them there. {ImageVerification.SkipAdvice}");
        }
        return images;
    }
}
