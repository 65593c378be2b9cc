namespace RhoLoss.Datasets.Images;

/// <summary>A set of image files in a folder that somebody has to name: they are too large for a cache.</summary>
/// <param name="description">What is known of the set.</param>
/// <param name="list">Lists the files of a folder and splits them.</param>
internal sealed class ImageSource(DatasetDescription description, Func<string, DatasetOptions, ImageParts> list)
    : DatasetSource(description with
    {
        ReadFromFolder = true,
        ImageSize = description.ImageSize > 0 ? description.ImageSize : ImageSets.DefaultSize,
    })
{
    protected override string Content => "images";

    /// <summary>Any folder is one of the user's own images; it says itself what it holds instead.</summary>
    public override DatasetOptions? OptionsFor(string path) =>
        Description.IsOwn && Directory.Exists(path) ? new DatasetOptions(path) : null;

    protected override DatasetSplits ReadSplits(DatasetOptions options) =>
        list(FolderIn(options), options).Load(Description.Name, options);

    protected override DatasetCheck CheckSplits(DatasetOptions options) =>
        ImageCheck.Of(Description, list(FolderIn(options), options), options.SkipBad);

    private string FolderIn(DatasetOptions options) => options.Directory
        ?? throw new DatasetFolderException(
            $"{Description.Name} is read from a folder of images, but none was given. {Description.HowToObtain}");
}
