namespace RhoLoss.Datasets.Cache;

/// <summary>
/// A set of files with known names: in the user's cache, where a package of the system puts them, or in a folder that is named.
/// </summary>
internal sealed class CachedSource : DatasetSource
{
    private readonly Func<DatasetFolder, DatasetOptions, DatasetSplits> _read;
    private readonly DatasetDownload? _download;
    private Func<DatasetPlaces> _places = DatasetPlaces.OfThisMachine;

    /// <summary>Creates the source.</summary>
    /// <param name="description">What is known of the set.</param>
    /// <param name="files">Its files.</param>
    /// <param name="read">Reads the files of a folder and splits the examples.</param>
    /// <param name="download">How its files come onto a machine; null where its user has to get them.</param>
    public CachedSource(
        DatasetDescription description, IReadOnlyList<KnownFile> files, Func<DatasetFolder, DatasetOptions, DatasetSplits> read,
        DatasetDownload? download = null)
        : base(description with { FetchedAutomatically = download is not null })
    {
        Files = files;
        _read = read;
        _download = download;
    }

    /// <summary>Its files.</summary>
    public IReadOnlyList<KnownFile> Files { get; }

    /// <summary>The package of the system that has its files; null where none has.</summary>
    public string? Package => _download?.Package;

    /// <summary>The folder inside the official archive, accepted below a given folder.</summary>
    public string? ArchiveFolder { get; init; }

    /// <summary>Whether the files of a folder bring a holdout beside the training file that the description counts.</summary>
    public Func<DatasetFolder, bool> HasExtraHoldout { get; init; } = _ => false;

    /// <summary>Examples of the test set that such a holdout comes with; null for those of the description.</summary>
    public int? TestExamplesWithExtraHoldout { get; init; }

    /// <summary>The same set, looked for and kept in these places.</summary>
    public CachedSource In(DatasetPlaces places)
    {
        var moved = (CachedSource)MemberwiseClone();
        moved._places = () => places;
        return moved;
    }

    public override string? FindPlace() => _places().Candidates(this)
        .Where(place => DatasetFolder.TryOpen(this, place.Folder, place.Source, out _) is not null)
        .Select(place => place.Source)
        .FirstOrDefault();

    public override DatasetCheck Import(string path) => DatasetImport.Run(this, path, _places().Cache);

    public override async Task<FetchedDataset> FetchAsync(IProgress<string>? report = null, CancellationToken cancellation = default)
    {
        if (_download is not null) { return await DatasetFetcher.RunAsync(this, _download, _places(), report, cancellation); }
        DatasetFolder there = _places().Locate(this);
        return new FetchedDataset(Description.Name, there.Path, there.Source, []);
    }

    /// <summary>Reads the files of a folder as a run with no folder of its own would, and compares them with the official ones.</summary>
    public DatasetCheck CheckFolder(DatasetFolder folder, DatasetOptions options)
    {
        using DatasetSplits splits = _read(folder, options);
        bool extra = HasExtraHoldout(folder);
        DatasetDescription expected = extra && TestExamplesWithExtraHoldout is { } tests
            ? Description with { TestExamples = tests } : Description;
        return DatasetCheck.Of(expected, splits, folder.Checksums(), extra);
    }

    protected override DatasetSplits ReadSplits(DatasetOptions options) => _read(FolderFor(options), options);

    protected override DatasetCheck CheckSplits(DatasetOptions options) => CheckFolder(FolderFor(options), options);

    private DatasetFolder FolderFor(DatasetOptions options) =>
        options.Directory is null ? _places().Locate(this) : DatasetFolder.Open(this, options.Directory);
}
