namespace RhoLoss.Experiments.Recipes;

/// <summary>Augmentation of training inputs: <c>data.augment</c>.</summary>
public enum AugmentChoice
{
    /// <summary>What the dataset usually gets.</summary>
    Auto,

    /// <summary>None.</summary>
    None,

    /// <summary>A random crop, flipped or not.</summary>
    CropFlip,
}
