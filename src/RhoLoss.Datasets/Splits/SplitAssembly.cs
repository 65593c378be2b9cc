using RhoLoss.Data;

namespace RhoLoss.Datasets.Splits;

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
            if (examples is not null && !examples.Inputs.shape[1..].AsSpan().SequenceEqual(training.Inputs.shape.AsSpan(1)))
            {
                throw new InvalidInputException(
                    $"{source}: all images must have one size, "
                    + $"but training images are [{string.Join(", ", training.Inputs.shape[1..])}] and {part} images "
                    + $"[{string.Join(", ", examples.Inputs.shape[1..])}]. Give files of one data set.");
            }
        }
        normalization ??= OwnOf(training, source);
        return new DatasetSplits(description.Name, source, Make(training), holdout is null ? null : Make(holdout), Make(test))
        {
            ClassNames = description.ClassNames,
            AugmentByDefault = description.AugmentByDefault,
        };

        LabeledDataset Make(Examples examples) =>
            new(examples.Inputs, examples.Labels, description.Classes, examples.Ids, normalization, examples.Origins);
    }

    private static Normalization OwnOf(Examples training, string source)
    {
        Normalization own = Normalization.Of(training.Inputs);
        if (own.Std.Any(std => !(std > 0)))
        {
            throw new InvalidInputException(
                $"{source}: all training pixels have the same value, so they cannot be normalised. Give a file with images in it.");
        }
        return own;
    }
}
