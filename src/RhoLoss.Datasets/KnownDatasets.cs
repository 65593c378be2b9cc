using System.Diagnostics.CodeAnalysis;
using RhoLoss.Datasets.Cifar;
using RhoLoss.Datasets.Corpus;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Images;
using RhoLoss.Datasets.Npy;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets;

/// <summary>The data sets that the library reads by name: the one table of them.</summary>
public static class KnownDatasets
{
    private static readonly DatasetSource[] Listed =
    [
        new EmbeddedFashionMnist(), new MessySmall(), MnistSources.FashionMnist, MnistSources.Mnist, MnistSources.Qmnist,
        AmbiguousMnist.Source, CifarSources.Cifar10, CifarSources.Cifar100, ImageSources.Cinic10, ImageSources.Clothing, GlueSources.Cola,
        GlueSources.Sst2, ImageSources.Folder,
    ];

    /// <summary>Everything that can be named: a user's own texts and documents, and the sets that are listed.</summary>
    public static IReadOnlyList<DatasetSource> Sources { get; } = [new OwnText(), new CorpusSource(), .. Listed];

    /// <summary>Descriptions of the sets that are listed; the first is built in and needs nothing.</summary>
    public static IReadOnlyList<DatasetDescription> All { get; } = [.. Listed.Select(source => source.Description)];

    /// <summary>The set of this name.</summary>
    /// <exception cref="InvalidInputException">No set has this name; the message lists the names and the nearest one.</exception>
    public static DatasetSource Source(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Sources.FirstOrDefault(source => source.Description.Name == name) is { } found) { return found; }
        string[] names = [.. All.Select(set => set.Name)];
        string hint = name.AsSpan().IndexOfAny('/', '\\') >= 0 || Path.Exists(name)
            ? ", which looks like a path: a folder is given by data.directory, "
                + "and data.set = \"image-folder\" reads images from it, \"text\" texts."
            : $"; did you mean {NearestName.Of(name, names)}?";
        throw new InvalidInputException($"There is no data set named '{name}'{hint} Known names: {string.Join(", ", names)}.");
    }

    /// <summary>The description of the set of this name.</summary>
    /// <exception cref="InvalidInputException">No set has this name; the message lists the names and the nearest one.</exception>
    public static DatasetDescription Find(string name) => Source(name).Description;

    /// <summary>The description of the set of this name, if there is one.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out DatasetDescription? description)
    {
        description = Sources.FirstOrDefault(source => source.Description.Name == name)?.Description;
        return description is not null;
    }

    /// <summary>Where a set's files are on this machine, in words; null when they are not here, or only the user knows where.</summary>
    /// <exception cref="InvalidInputException">No set has this name.</exception>
    public static string? PlaceOf(string name) => Source(name).FindPlace();

    /// <summary>Reads a set and splits it. The caller disposes the result.</summary>
    /// <exception cref="InvalidInputException">
    /// The name is unknown, files are missing or damaged, or an option does not fit the set.
    /// </exception>
    public static DatasetSplits Load(string name, DatasetOptions? options = null) => Source(name).Read(options);
}
