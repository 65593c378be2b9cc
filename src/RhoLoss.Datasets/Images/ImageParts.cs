using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Images;

/// <summary>A set of image files before it is a data set: parts, classes and how images are read.</summary>
/// <param name="Source">Where it came from and how it was split, in words.</param>
/// <param name="ClassNames">Names of the classes, class 0 first.</param>
/// <param name="Training">D.</param>
/// <param name="Holdout">D_ho; null for none.</param>
/// <param name="Test">The test set.</param>
/// <param name="Size">Side of the stored square in pixels.</param>
/// <param name="CropSize">Side of what the model reads, cropped from the square; 0: the square.</param>
/// <param name="Normalization">How bytes become floats.</param>
internal sealed record ImageParts(
    string Source, IReadOnlyList<string> ClassNames, ImagePart Training, ImagePart? Holdout, ImagePart Test, int Size, int CropSize,
    Normalization Normalization)
{
    /// <summary>Files left out that the source line of a run names; <c>rho data check</c> names more.</summary>
    private const int NamedWhereSkipped = 3;

    /// <summary>What is in the folders and not read, a line a kind; none where everything is.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>What the user should know about the classes; none as a rule.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The folder of a set of the user's own, in which what is repeated is told; null for a known set.</summary>
    public string? Own { get; init; }

    /// <summary>Mean and standard deviation of ImageNet's training images, as torchvision's models expect them.</summary>
    public static Normalization ImageNet { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    public IEnumerable<ImagePart> All => Holdout is null ? [Training, Test] : [Training, Holdout, Test];

    /// <summary>Makes the data sets; images are decoded later, or once now to leave out those that cannot be read.</summary>
    public DatasetSplits Load(string name, DatasetOptions options)
    {
        using IDisposable scope = NewDisposeScope();
        ImageParts kept = options.SkipBad ? WithoutBad(options) : this;
        if (!options.SkipBad) { ImageHeaders.Require(Test, options.Stream.Threads); }
        foreach (ImagePart part in kept.All) { RequireEveryClass(part); }
        Dictionary<string, ImageFiles> files =
            kept.All.ToDictionary(part => part.Name, part => new ImageFiles(part.Files, Size, options.SkipBad));
        return new DatasetSplits(
            name, kept.Source, kept.Make(kept.Training, files, options),
            kept.Holdout is null ? null : kept.Make(kept.Holdout, files, options),
            kept.Make(kept.Test, files, options))
        {
            ClassNames = ClassNames,
            AugmentByDefault = true,
            LeftOut = kept.LeftOut,
            Notices = Notices,
            ContentNotices = Own is null ? null : () => [.. RepeatedImages.Notices(kept, (part, i) => files[part.Name].ContentHash(i))],
            Places = new ExamplePlaces(
                PlacesOf([kept.Training, .. kept.Holdout is { } holdout ? [holdout] : Array.Empty<ImagePart>()]),
                PlacesOf([kept.Test])),
        };
    }

    private static Func<long, ExamplePlace> PlacesOf(IReadOnlyList<ImagePart> parts)
    {
        var paths = new Lazy<Dictionary<long, string>>(() =>
            parts.SelectMany(part => part.Ids.Zip(part.Files)).ToDictionary(pair => pair.First, pair => pair.Second.Path));
        return id => new ExamplePlace(paths.Value[id]);
    }

    private LabeledDataset Make(ImagePart part, Dictionary<string, ImageFiles> files, DatasetOptions options) => LabeledDataset.Streamed(
        files[part.Name],
        options.Stream,
        tensor(part.Files.Select(f => f.Label).ToArray()),
        ClassNames.Count, Normalization, tensor(part.Ids.ToArray()), CropSize);

    private ImageParts WithoutBad(DatasetOptions options)
    {
        var skipped = new List<string>();
        ImageParts kept = this with { Training = Good(Training), Holdout = Holdout is null ? null : Good(Holdout), Test = Good(Test) };
        return skipped.Count == 0 ? kept : kept with
        {
            LeftOut =
            [
                .. LeftOut,
                $"{Counted.Of(skipped.Count, "unreadable image")}: {string.Join(", ", skipped.Take(NamedWhereSkipped))}"
                    + (skipped.Count > NamedWhereSkipped ? ", …" : ""),
            ],
        };

        ImagePart Good(ImagePart part)
        {
            var bad = ImageVerification.Bad(part.Files, Size, options.Stream.Threads).Select(b => b.Position).ToHashSet();
            skipped.AddRange(bad.Order().Select(position => part.Files[position].Path));
            return part.At([.. Enumerable.Range(0, part.Files.Count).Where(i => !bad.Contains(i))]);
        }
    }

    /// <summary>Every class has an example in every part: without one in the holdout its irreducible loss could not be learnt.</summary>
    private void RequireEveryClass(ImagePart part)
    {
        if (ClassesWithout(part) is not { } missing) { return; }
        throw new InvalidInputException($"{Source}: {missing}. Add images that can be read, or remove the class.");
    }

    /// <summary>Which classes have no image in a part, in words; null when all have.</summary>
    public string? ClassesWithout(ImagePart part)
    {
        var there = part.Files.Select(f => f.Label).ToHashSet();
        string[] missing = [.. ClassNames.Where((_, c) => !there.Contains(c))];
        return missing.Length == 0 ? null
            : $"the {part.Name} images need at least one of every class, "
                + $"but {string.Join(", ", missing.Take(10).Select(n => $"'{n}'"))}{(missing.Length > 10 ? ", …" : "")} "
                + $"{(missing.Length == 1 ? "has" : "have")} none of the {part.Files.Count}";
    }
}
