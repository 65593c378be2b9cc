using RhoLoss.Datasets;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Experiments.Recipes;

/// <summary>What kind of data the name in <c>data.set</c> stands for. A name that nobody knows is of no kind; reading it says so.</summary>
internal static class DataKinds
{
    /// <summary>The folder of anybody's images; one of the known sets, but nobody's published one.</summary>
    private const string ImageFolder = "image-folder";

    /// <summary>Sets whose examples are texts.</summary>
    public static IReadOnlyList<string> Texts { get; } =
        [OwnText.Name, .. KnownDatasets.All.Where(set => set.IsText).Select(set => set.Name)];

    /// <summary>Sets that are read from image files.</summary>
    public static IReadOnlyList<string> ImageFiles { get; } =
        [.. KnownDatasets.All.Where(set => set.ReadFromFolder).Select(set => set.Name)];

    /// <summary>Whether the data are the user's own and not a known set.</summary>
    public static bool IsOwn(string set) => set is ImageFolder or OwnText.Name;

    /// <summary>Whether a seed plays no part in the split of training set and holdout.</summary>
    public static bool HasFixedSplit(string set) =>
        KnownDatasets.TryFind(set, out DatasetDescription? description) && description.FixedSplit is not null;

    /// <summary>Side in pixels at which the image files of a recipe are read; 0 where it reads none.</summary>
    public static int ImageSizeOf(DataSection data)
    {
        if (!KnownDatasets.TryFind(data.Set, out DatasetDescription? description) || description.ImageSize == 0) { return 0; }
        return data.ImageSize > 0 ? data.ImageSize : description.ImageSize;
    }
}
