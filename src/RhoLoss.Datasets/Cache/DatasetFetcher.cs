using RhoLoss.Datasets.Images;
using RhoLoss.Datasets.Labels;
using RhoLoss.Datasets.Tables;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets.Cache;

/// <summary>Where a set was found or put.</summary>
/// <param name="Name">Name of the set.</param>
/// <param name="Folder">The folder that holds its files; null for the built-in set.</param>
/// <param name="Source">What served it.</param>
/// <param name="Skipped">The sources before it, each with the reason why it was skipped.</param>
public sealed record FetchedDataset(string Name, string? Folder, string Source, IReadOnlyList<string> Skipped);

/// <summary>Gets data sets onto this machine and checks those that are there: what 'rho data get' and 'rho data check' do.</summary>
public sealed class DatasetFetcher
{
    private readonly Func<DatasetPlaces> _places;
    private readonly FashionMnistDownload _download;

    /// <summary>Fetches into the user's cache.</summary>
    public DatasetFetcher() : this(DatasetPlaces.OfThisMachine, new FashionMnistDownload()) { }

    internal DatasetFetcher(Func<DatasetPlaces> places, FashionMnistDownload download)
    {
        _places = places;
        _download = download;
    }

    /// <summary>
    /// Makes sure that a set is on this machine. Fashion-MNIST comes from the first of these that has the official content: the
    /// user's cache, Debian's package if it is installed, the same package unpacked without installing it, the authors' repository
    /// over HTTPS. Other sets have to be got by hand; the error says where.
    /// </summary>
    /// <param name="name">Name of the set.</param>
    /// <param name="report">Told what is being tried and why a source was skipped.</param>
    /// <param name="cancellation">Stops; nothing half-fetched stays.</param>
    /// <exception cref="InvalidInputException">No source has the set, or the cache cannot be written.</exception>
    public Task<FetchedDataset> GetAsync(string name, IProgress<string>? report = null, CancellationToken cancellation = default) =>
        GetAsync(Catalogue.Find(name), report, cancellation);

    /// <summary>The same with any table entry, so that tests need not move 30 MB.</summary>
    internal async Task<FetchedDataset> GetAsync(KnownDataset set, IProgress<string>? report, CancellationToken cancellation)
    {
        string name = set.Description.Name;
        if (set.ReadImages is not null)
        {
            throw new InvalidInputException($"{name} is read from a folder of images and cannot be fetched. {set.Description.HowToObtain}");
        }
        if (set.BuiltIn) { return new FetchedDataset(name, Folder: null, "built in", []); }
        DatasetPlaces places = _places();
        if (!set.Description.FetchedAutomatically)
        {
            DatasetFolder there = places.Locate(set);
            return new FetchedDataset(name, there.Path, there.Source, []);
        }

        var skipped = new List<string>();
        foreach ((string folder, string source) in places.Candidates(set))
        {
            cancellation.ThrowIfCancellationRequested();
            if (WhyNot(set, folder, source) is not { } reason) { return new FetchedDataset(name, folder, source, skipped); }
            Skip($"{source}: {reason}");
        }
        string destination = places.Cache.FolderOf(name);
        using var staging = new StagingFolder(destination);
        foreach ((string source, Func<string, StagingFolder, CancellationToken, Task<string?>> fetch) in _download.Sources)
        {
            report?.Report($"trying {source}");
            string finished = staging.Create($"finished-{skipped.Count}");
            string? reason = await fetch(finished, staging, cancellation) ?? WhyNot(set, finished, source);
            if (reason is null)
            {
                staging.Commit(finished);
                return new FetchedDataset(name, destination, source, skipped);
            }
            Skip($"{source}: {reason}");
        }
        throw new InvalidInputException(
            $"{name} could not be fetched from any source ({string.Join("; ", skipped)}). "
            + $"Get the files on a machine with network access and run 'rho data get {name} --from FOLDER'.");

        void Skip(string reason)
        {
            skipped.Add(reason);
            report?.Report($"skipped {reason}");
        }
    }

    /// <summary>Reads a set and compares counts, classes and checksums with the official one.</summary>
    /// <param name="name">Name of the set.</param>
    /// <param name="directory">Its folder; null for the usual places.</param>
    /// <param name="skipBad">Whether image files that cannot be read are left out and named, and are no problem.</param>
    /// <exception cref="InvalidInputException">
    /// The set is not there or cannot be read, or is asked to leave out image files and has none.
    /// </exception>
    public DatasetCheck Check(string name, string? directory = null, bool skipBad = false)
    {
        KnownDataset set = Catalogue.Find(name);
        if (set.ReadImages is { } read)
        {
            return ImageCheck.Of(set.Description, read, directory ?? KnownDatasets.FolderFor(set, new DatasetOptions()), skipBad);
        }
        if (skipBad)
        {
            throw new InvalidInputException(
                $"--skip-bad leaves out image files, but {name} is not read from image files. Remove --skip-bad.");
        }
        DatasetFolder? folder = set.BuiltIn ? null
            : directory is null ? _places().Locate(set)
            : DatasetFolder.Open(set, directory);
        using DatasetSplits splits = folder is null
            ? KnownDatasets.Load(name, new DatasetOptions(directory), _places)
            : set.Load(folder, DatasetOptions.ToCheck());
        return DatasetCheck.Of(set.Description, splits, folder);
    }

    /// <summary>Reads a user's own texts as a recipe does, and counts them.</summary>
    /// <param name="files">Where they are.</param>
    /// <exception cref="InvalidInputException">A file is missing or breaks a rule, or a class has too few examples to be split.</exception>
    public static DatasetCheck CheckTexts(OwnTextFiles files)
    {
        using DatasetSplits splits = OwnText.Load(files, DatasetOptions.ToCheck());
        string classes = LabelFile.Listed([.. splits.ClassNames.Take(11).Select(DelimitedText.Cut)]);
        return new DatasetCheck(OwnText.Name, $"{splits.Source}; {splits.ClassNames.Count} classes: {classes}",
            splits.Training.CountByClass(), splits.Holdout?.CountByClass() ?? new long[splits.Training.Classes], splits.Test.CountByClass(),
            [], [])
        {
            Notices = splits.Notices,
        };
    }

    /// <summary>Null when the folder has the official content, otherwise what is wrong.</summary>
    private static string? WhyNot(KnownDataset set, string folder, string source)
    {
        if (!Directory.Exists(folder)) { return "not there"; }
        if (DatasetFolder.TryOpen(set, folder, source, out List<string> missing) is not { } found)
        {
            return $"{string.Join(", ", missing)} missing";
        }
        try
        {
            FileChecksum? wrong = DatasetCheck.Checksums(found).FirstOrDefault(file => file.Official == false);
            return wrong is null
                ? null
                : $"{Path.GetFileName(wrong.Path)} is not the official file (SHA-256 of its content is {wrong.Sha256}), so it was refused";
        }
        catch (InvalidInputException e)
        {
            return e.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        }
    }
}
