using RhoLoss.Datasets;

namespace RhoLoss.Experiments.Recipes;

/// <summary>What kind of data the name in <c>data.set</c> stands for. A name that nobody knows is of no kind; reading it says so.</summary>
internal static class DataKinds
{
    /// <summary>Sets whose examples are texts.</summary>
    public static IReadOnlyList<string> Texts { get; } = NamesOf(set => set.IsText);

    /// <summary>Sets that are read from image files.</summary>
    public static IReadOnlyList<string> ImageFiles { get; } = NamesOf(set => set.ReadFromFolder);

    /// <summary>Sets of documents for a language model.</summary>
    public static IReadOnlyList<string> Corpora { get; } = NamesOf(set => set.IsCorpus);

    /// <summary>Whether they are documents for a language model.</summary>
    public static bool IsCorpus(string set) => Find(set) is { IsCorpus: true };

    /// <summary>Whether they are the user's own documents.</summary>
    public static bool IsOwnCorpus(string set) => Find(set) is { IsCorpus: true, IsOwn: true };

    /// <summary>Whether the data are the user's own and not a known set.</summary>
    public static bool IsOwn(string set) => Find(set) is { IsOwn: true };

    /// <summary>Whether they are the user's own texts.</summary>
    public static bool IsOwnText(string set) => Find(set) is { IsOwn: true, IsText: true };

    /// <summary>Whether a seed plays no part in the split of training set and holdout.</summary>
    public static bool HasFixedSplit(string set) => Find(set)?.FixedSplit is not null;

    /// <summary>Side in pixels at which the image files of a recipe are read; 0 where it reads none.</summary>
    public static int ImageSizeOf(DataSection data)
    {
        if (Find(data.Set) is not { ImageSize: > 0 and var usual }) { return 0; }
        return data.ImageSize > 0 ? data.ImageSize : usual;
    }

    private static DatasetDescription? Find(string set) =>
        KnownDatasets.TryFind(set, out DatasetDescription? description) ? description : null;

    private static string[] NamesOf(Func<DatasetDescription, bool> which) =>
        [.. KnownDatasets.Sources.Select(source => source.Description).Where(which).Select(set => set.Name)];
}
