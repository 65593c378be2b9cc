using System.Diagnostics.CodeAnalysis;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Idx;

namespace RhoLoss.Datasets;

/// <summary>The public data sets that the library reads by name.</summary>
public static class KnownDatasets
{
    /// <summary>Descriptions of all of them; the first is built in and needs nothing.</summary>
    public static IReadOnlyList<DatasetDescription> All { get; } = [.. Catalogue.All.Select(set => set.Description)];

    /// <summary>The description of a set.</summary>
    /// <exception cref="InvalidInputException">No set has this name; the message lists the names and the nearest one.</exception>
    public static DatasetDescription Find(string name) => Catalogue.Find(name).Description;

    /// <summary>The description of a set, if there is one of this name.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out DatasetDescription? description)
    {
        description = All.FirstOrDefault(d => d.Name == name);
        return description is not null;
    }

    /// <summary>Where a set's files are on this machine, in words; null when it is not here.</summary>
    /// <exception cref="InvalidInputException">No set has this name.</exception>
    public static string? PlaceOf(string name)
    {
        KnownDataset set = Catalogue.Find(name);
        return set.BuiltIn ? "built in" : set.ReadImages is not null ? null
            : DatasetPlaces.OfThisMachine()
                .Candidates(set)
                .Where(c => DatasetFolder.TryOpen(set, c.Folder, c.Source, out _) is not null)
                .Select(c => c.Source)
                .FirstOrDefault();
    }

    /// <summary>Reads a set and splits it. The caller disposes the result.</summary>
    /// <exception cref="InvalidInputException">
    /// The name is unknown, files are missing or damaged, or an option does not fit the set.
    /// </exception>
    public static DatasetSplits Load(string name, DatasetOptions? options = null) => Load(name, options, DatasetPlaces.OfThisMachine);

    internal static DatasetSplits Load(string name, DatasetOptions? options, Func<DatasetPlaces> places)
    {
        KnownDataset set = Catalogue.Find(name);
        options ??= new DatasetOptions();
        options.Validate(set.Description);
        if (set.ReadImages is { } read) { return read(FolderFor(set, options), options).Load(name, options); }
        if (set.BuiltIn)
        {
            if (options.Directory is not null)
            {
                throw new DatasetFolderException(
                    $"{name} is built in and reads no folder, but the folder {options.Directory} was given. "
                    + "Give no folder, or choose another data set.");
            }
            return EmbeddedFashionMnist.Load(set.Description, options);
        }
        DatasetFolder folder = options.Directory is null ? places().Locate(set) : DatasetFolder.Open(set, options.Directory);
        return set.Load(folder, options);
    }

    /// <summary>The folder of image files, which somebody has to name: they are too large for a cache.</summary>
    internal static string FolderFor(KnownDataset set, DatasetOptions options) => options.Directory
        ?? throw new DatasetFolderException(
            $"{set.Description.Name} is read from a folder of images, but none was given. {set.Description.HowToObtain}");
}
