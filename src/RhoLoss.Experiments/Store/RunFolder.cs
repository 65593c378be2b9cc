using RhoLoss.Logging;
using RhoLoss.Serialization;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Store;

/// <summary>The folder of one run: where its files are, made without ever overwriting another run's.</summary>
public sealed class RunFolder
{
    /// <summary>Free space asked for when the caller names none: logs, plots and the checkpoints of a small network.</summary>
    public const long DefaultRequiredBytes = 64L << 20;

    /// <summary>Name of the file that is locked while the run is written.</summary>
    internal const string LockName = "run.lock";

    /// <summary>Names that the picture of a comparison can have.</summary>
    internal static readonly string[] PlotNames = [.. Metric.Standard.Select(PlotOf)];

    /// <summary>Files that a run always writes.</summary>
    internal static readonly string[] Files =
        ["config.toml", "metrics.jsonl", "metrics.csv", "summary.json", "environment.json", "threads.json", "started.json",
            TableOfArms + ".csv", TableOfArms + ".md"];

    /// <summary>Folders in which a run would write over what is there. Logs of TensorBoard have new names.</summary>
    internal static readonly string[] FilledFolders = [CheckpointFolder, ArmsFolder, ExamplesFolder];

    private const string TableOfArms = "comparison";
    private const string NoticesName = "notices.json", SummaryName = "summary.json";
    private const string CheckpointFolder = "checkpoints", ArmsFolder = "arms", TensorBoardFolder = "tensorboard",
        ExamplesFolder = "examples";

    private readonly bool _made;
    private readonly HashSet<string> _before;
    private readonly RunLock _lock;

    private RunFolder(string path, bool made = false, IEnumerable<string>? before = null)
    {
        Location = System.IO.Path.GetFullPath(path);
        _lock = new RunLock(Path(LockName));
        _made = made;
        _before = new(before ?? [], StringComparer.Ordinal);
    }

    /// <summary>Full path of the folder.</summary>
    public string Location { get; }

    /// <summary>The resolved recipe.</summary>
    public string ConfigPath => Path("config.toml");

    /// <summary>One JSON object a logged step or epoch.</summary>
    public string MetricsPath => Path("metrics.jsonl");

    /// <summary>The measured points as a table, a row each.</summary>
    public string TablePath => Path("metrics.csv");

    /// <summary>The result, written last: its presence means that the run is complete.</summary>
    public string SummaryPath => Path(SummaryName);

    /// <summary>The results of a comparison as a table, without the ending: <c>.csv</c> and <c>.md</c>.</summary>
    public string TablesPath => Path(TableOfArms);

    /// <summary>Machine, versions and command line.</summary>
    public string EnvironmentPath => Path("environment.json");

    /// <summary>Threads that were measured, where the recipe leaves them to it.</summary>
    public string ThreadsPath => Path("threads.json");

    /// <summary>The recipe and the data that the run was started with, which continuing it is held against.</summary>
    public string StartedPath => Path("started.json");

    /// <summary>What the user should know of the run, in sentences; absent where there is nothing.</summary>
    public string NoticesPath => Path(NoticesName);

    /// <summary>Finished arms of a comparison.</summary>
    public string ArmsPath => Path(ArmsFolder);

    /// <summary>Whether the run has its result, so that nothing is left to do.</summary>
    public bool IsComplete => File.Exists(SummaryPath);

    /// <summary>Whether something was trained that continuing would build on: a checkpoint or a finished arm.</summary>
    public bool HasTrained => IsComplete
        || (Directory.Exists(CheckpointsPath) && Directory.EnumerateFiles(CheckpointsPath, "step-*", SearchOption.AllDirectories).Any())
        || (Directory.Exists(ArmsPath) && Directory.EnumerateFiles(ArmsPath, "*.json").Any());

    /// <summary>Folder of the checkpoints.</summary>
    public string CheckpointsPath => Path(CheckpointFolder);

    /// <summary>The same of a run in a folder that nobody opens.</summary>
    internal static string CheckpointsIn(string folder) => System.IO.Path.Combine(folder, CheckpointFolder);

    /// <summary>Whether the run in a folder that nobody opens has ended.</summary>
    internal static bool IsCompleteIn(string folder) => File.Exists(System.IO.Path.Combine(folder, SummaryName));

    /// <summary>Folder of TensorBoard events, a folder an arm: <c>tensorboard --logdir</c> takes it, or a folder of runs.</summary>
    public string TensorBoardPath => Path(TensorBoardFolder);

    /// <summary>What an arm found of each example, written at its end.</summary>
    public string ExamplesOf(Arm arm) => System.IO.Path.Combine(Path(ExamplesFolder), $"{arm.Title}.safetensors");

    /// <summary>Name of the picture of a comparison.</summary>
    internal static string PlotOf(Metric metric) => $"{metric.NameInPoints}.png";

    /// <summary>Path of another file in the folder, a plot for example.</summary>
    public string Path(string name) => System.IO.Path.Combine(Location, name);

    /// <summary>Makes <c>root/name</c>, or <c>root/name-2</c>, <c>root/name-3</c> … when that exists already.</summary>
    /// <exception cref="InvalidInputException">The root cannot be written; nothing was made.</exception>
    /// <exception cref="IOException">It lacks space, or the machine fails; nothing was made.</exception>
    public static RunFolder Create(string root, string name, long requiredBytes = DefaultRequiredBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        WritableFolder.Require(root, requiredBytes);
        return WritableFolder.Guard(root, () =>
        {
            Directory.CreateDirectory(root);
            // Made aside and then renamed: two runs started together can both see that a name is free, but only one rename succeeds.
            string temporary = Directory.CreateDirectory(System.IO.Path.Combine(root, $".{name}.{Guid.NewGuid():N}.tmp")).FullName;
            try
            {
                Directory.CreateDirectory(System.IO.Path.Combine(temporary, CheckpointFolder));
                return new RunFolder(FreeName.Take(temporary, root, name), made: true);
            }
            catch
            {
                Directory.Delete(temporary, recursive: true);
                throw;
            }
        });
    }

    /// <summary>Makes exactly this folder, for a user who gave <c>--out</c>; a folder that holds no run yet is used as it is.</summary>
    /// <exception cref="InvalidInputException">It holds a run already, or cannot be written; nothing was made.</exception>
    /// <exception cref="IOException">It lacks space, or the machine fails; nothing was made.</exception>
    public static RunFolder CreateAt(string directory, long requiredBytes = DefaultRequiredBytes)
    {
        SpecialFile.Refuse(directory, "a folder");
        bool exists = Directory.Exists(directory);
        IEnumerable<string> before = exists
            ? Directory.EnumerateFileSystemEntries(directory).Select(entry => System.IO.Path.GetFileName(entry))
            : [];
        var folder = new RunFolder(directory, made: !exists, before);
        FreePlace.Require(folder, directory);
        WritableFolder.Require(directory, requiredBytes);
        return WritableFolder.Guard(directory, () =>
        {
            Directory.CreateDirectory(folder.CheckpointsPath);
            return folder;
        });
    }

    /// <summary>The folder of an existing run, to read or to continue; call <see cref="EnsureWritable"/> before continuing.</summary>
    /// <exception cref="InvalidInputException">There is no run at that path.</exception>
    public static RunFolder Open(string path)
    {
        SpecialFile.Refuse(path, "a folder");
        var folder = new RunFolder(path);
        if (!Directory.Exists(folder.Location))
        {
            throw new InvalidInputException($"{path}: there is no such run folder. Check the path.");
        }
        if (!File.Exists(folder.ConfigPath))
        {
            throw new InvalidInputException(
                $"{path} is not a run folder: it has no config.toml. Give the folder that rho train or rho compare wrote.");
        }
        return folder;
    }

    /// <summary>
    /// Keeps other processes from writing the run until what is returned is disposed or the process ends. Taken again while it is
    /// held, it is held until the last is disposed.
    /// </summary>
    /// <exception cref="InvalidInputException">Another process is writing the run.</exception>
    public IDisposable Hold()
    {
        IDisposable held = _lock.Take();
        RemoveHalfWritten();
        return held;
    }

    /// <summary>
    /// What processes that were killed while they wrote left under temporary names. Nobody else writes while the run is held.
    /// </summary>
    private void RemoveHalfWritten()
    {
        foreach (string folder in new[] { Location, ArmsPath }.Where(Directory.Exists))
        {
            foreach (string pattern in new[] { ".*.json.*.tmp", ".*.toml.*.tmp" })
            {
                foreach (string path in Directory.EnumerateFiles(folder, pattern)) { File.Delete(path); }
            }
        }
    }

    /// <summary>Writes the resolved recipe of a new run and what a user should know about it; call while it is held.</summary>
    /// <exception cref="InvalidInputException">Another process has started a run here since the folder was made.</exception>
    public void WriteConfig(string toml, IReadOnlyList<string> notes)
    {
        ArgumentNullException.ThrowIfNull(notes);
        FreePlace.Require(this, Location);
        // First, because config.toml makes the folder a run, which is continued without looking at the command line again.
        RunNotices.Start(this, notes);
        AtomicFile.WriteAllText(ConfigPath, toml);
    }

    /// <summary>Checks that the run can go on writing, before hours are spent on what could not be kept.</summary>
    /// <exception cref="InvalidInputException">The folder cannot be written.</exception>
    /// <exception cref="IOException">It lacks space, or the machine fails.</exception>
    public void EnsureWritable(long requiredBytes = DefaultRequiredBytes)
    {
        WritableFolder.Require(Location, requiredBytes);
        WritableFolder.Guard(Location, () => Directory.CreateDirectory(CheckpointsPath));
    }

    /// <summary>
    /// Takes a new folder back when its run ended before anything was trained. What was there before, or was trained, stays. What cannot
    /// be removed is left without a word, because the caller has what ended the run to tell.
    /// </summary>
    public void Discard()
    {
        try
        {
            if (HasTrained || new FileInfo(MetricsPath) is { Exists: true, Length: > 0 }) { return; }
            foreach (string file in Files.Append(LockName).Append(NoticesName).Except(_before)) { File.Delete(Path(file)); }
            foreach (string folder in new[] { CheckpointFolder, ArmsFolder, TensorBoardFolder }.Except(_before).Select(Path))
            {
                if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }
            }
            if (_made && !Directory.EnumerateFileSystemEntries(Location).Any()) { Directory.Delete(Location); }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that ended the run is the one to tell.
        }
    }
}
