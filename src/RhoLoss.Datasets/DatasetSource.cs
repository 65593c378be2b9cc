namespace RhoLoss.Datasets;

/// <summary>
/// A data set: what is known of it, how it is read and checked, and how it comes onto this machine. Where sets differ, they differ here:
/// nothing else asks for their names.
/// </summary>
/// <param name="description">What is known of the set before it is there.</param>
public abstract class DatasetSource(DatasetDescription description)
{
    /// <summary>What is known of the set before it is there.</summary>
    public DatasetDescription Description { get; } = description;

    /// <summary>What its files hold, in words that finish "a folder of …".</summary>
    protected virtual string Content => "files";

    /// <summary>Where its files are on this machine, in words; null when they are not here, or only the user knows where.</summary>
    public virtual string? FindPlace() => null;

    /// <summary>
    /// How the set is read from a file or folder that its user gives in place of a name; null where it is none of this set's.
    /// </summary>
    /// <param name="path">The file or folder, there or not.</param>
    public virtual DatasetOptions? OptionsFor(string path) => null;

    /// <summary>Reads the set and splits it. The caller disposes the result.</summary>
    /// <param name="options">Folder, split and how examples are read; null for the defaults.</param>
    /// <exception cref="InvalidInputException">Files are missing or damaged, or an option does not fit the set.</exception>
    public DatasetSplits Read(DatasetOptions? options = null)
    {
        options ??= new DatasetOptions();
        options.Validate(Description);
        return ReadSplits(options);
    }

    /// <summary>Reads the set and says what is in it, and how it differs from the official one.</summary>
    /// <param name="options">
    /// Folder and files; null for the usual places. With <see cref="DatasetOptions.SkipBad"/> image files that cannot be read are left out
    /// and named, and are no problem. Texts need no vocabulary.
    /// </param>
    /// <exception cref="InvalidInputException">
    /// The set is not there or cannot be read, or is asked to leave out image files and has none.
    /// </exception>
    public DatasetCheck Check(DatasetOptions? options = null)
    {
        options ??= new DatasetOptions();
        if (options.SkipBad && !Description.ReadFromFolder)
        {
            throw new InvalidInputException(
                $"--skip-bad leaves out image files, but {Description.Name} is not read from image files. Remove --skip-bad.");
        }
        return CheckSplits(options.ToCheck());
    }

    /// <summary>Takes the set's files from a folder or an archive into the user's cache.</summary>
    /// <param name="path">Folder, or archive (.tar, .tar.gz, .tar.xz, .zip).</param>
    /// <returns>What was found in the files; a difference from the official set is reported there and is no error.</returns>
    /// <exception cref="InvalidInputException">
    /// The path, files or their content break a rule, the cache cannot be written, or this set is not kept there.
    /// </exception>
    public virtual DatasetCheck Import(string path) => throw new InvalidInputException(
        $"{Description.Name} is read where its {Content} are and is not imported. {Description.HowToObtain}");

    /// <summary>Makes sure that the set is on this machine, as far as that is possible without its user.</summary>
    /// <param name="report">Told what is being tried and why a place was skipped.</param>
    /// <param name="cancellation">Stops; nothing half-fetched stays.</param>
    /// <exception cref="InvalidInputException">
    /// The set has to be got by hand, or no place has it, or the cache cannot be written.
    /// </exception>
    public virtual Task<FetchedDataset> FetchAsync(IProgress<string>? report = null, CancellationToken cancellation = default) =>
        Task.FromException<FetchedDataset>(new InvalidInputException(
            $"{Description.Name} is read from a folder of {Content} and cannot be fetched. {Description.HowToObtain}"));

    /// <summary>Reads and splits the set; the options fit it.</summary>
    protected abstract DatasetSplits ReadSplits(DatasetOptions options);

    /// <summary>Checks the set: by default by reading it and counting.</summary>
    protected virtual DatasetCheck CheckSplits(DatasetOptions options)
    {
        using DatasetSplits splits = ReadSplits(options);
        return DatasetCheck.Of(Description, splits, files: [], extraHoldout: false);
    }
}
