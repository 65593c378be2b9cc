using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Datasets.Splits;

/// <summary>
/// Examples before they are a data set: uint8 [N, channels, height, width] (or token ids, int32 [N,
/// length]), int64 [N], and stable ids int64 [N].
/// </summary>
internal sealed record Examples(Tensor Images, Tensor Labels, Tensor Ids)
{
    /// <summary>For each example the id of the first one with the same image, int64 [N]; null where no image comes twice.</summary>
    public Tensor? Origins { get; init; }

    /// <summary>Examples whose ids are their positions in the file.</summary>
    public static Examples InFileOrder(Tensor images, Tensor labels) => new(images, labels, Scalars.Range(labels.shape[0], int64));

    /// <summary>The examples at these rows, ids kept.</summary>
    public Examples At(Tensor rows) =>
        new(Images.index_select(0, rows), Labels.index_select(0, rows), Ids.index_select(0, rows))
        {
            Origins = Origins?.index_select(0, rows)
        };

    /// <summary>These examples and then those.</summary>
    public Examples And(Examples other) => new(cat([Images, other.Images]), cat([Labels, other.Labels]), cat([Ids, other.Ids]))
    {
        Origins = Origins is null && other.Origins is null ? null : cat([Origins ?? Ids, other.Origins ?? other.Ids]),
    };
}

/// <summary>Puts the parts together: same image size, one normalisation.</summary>
internal static class SplitAssembly
{
    /// <summary>Takes the examples out of the caller's dispose scope. Without a normalisation, the training part's own is used.</summary>
    public static DatasetSplits Assemble(
        DatasetDescription description, string source, Examples training, Examples? holdout, Examples test,
        Normalization? normalization)
    {
        foreach ((string part, Examples? examples) in new[] { ("holdout", holdout), ("test", test) })
        {
            if (examples is not null && !examples.Images.shape[1..].AsSpan().SequenceEqual(training.Images.shape.AsSpan(1)))
            {
                throw new InvalidInputException(
                    $"{source}: all images must have one size, "
                    + $"but training images are [{string.Join(", ", training.Images.shape[1..])}] and {part} images "
                    + $"[{string.Join(", ", examples.Images.shape[1..])}]. Give files of one data set.");
            }
        }
        normalization ??= OwnOf(training, source);
        return new DatasetSplits(description.Name, source, Make(training), holdout is null ? null : Make(holdout), Make(test))
        {
            ClassNames = description.ClassNames,
            AugmentByDefault = description.AugmentByDefault,
        };

        LabeledDataset Make(Examples examples) =>
            new(examples.Images, examples.Labels, description.Classes, examples.Ids, normalization, examples.Origins);
    }

    private static Normalization OwnOf(Examples training, string source)
    {
        Normalization own = Normalization.Of(training.Images);
        if (own.Std.Any(std => !(std > 0)))
        {
            throw new InvalidInputException(
                $"{source}: all training pixels have the same value, so they cannot be normalised. Give a file with images in it.");
        }
        return own;
    }
}
