using System.Globalization;

namespace RhoLoss.Experiments.Runs;

/// <summary>The folder of one run: where its files are, made without ever overwriting another run's.</summary>
public sealed class RunFolder
{
    /// <summary>Free space asked for when the caller names none: logs, plots and the checkpoints of a small network.</summary>
    public const long DefaultRequiredBytes = 64L << 20;

    private const string CheckpointFolder = "checkpoints";
    private static readonly string[] Files = ["config.toml", "metrics.jsonl", "summary.json", "environment.json", "threads.json"];

    private readonly bool _made;

    private RunFolder(string path, bool made = false)
    {
        Location = System.IO.Path.GetFullPath(path);
        _made = made;
    }

    /// <summary>Full path of the folder.</summary>
    public string Location { get; }

    /// <summary>The resolved recipe.</summary>
    public string ConfigPath => Path("config.toml");

    /// <summary>One JSON object a logged step or epoch.</summary>
    public string MetricsPath => Path("metrics.jsonl");

    /// <summary>The result, written last: its presence means that the run is complete.</summary>
    public string SummaryPath => Path("summary.json");

    /// <summary>Machine, versions and command line.</summary>
    public string EnvironmentPath => Path("environment.json");

    /// <summary>Threads that were measured, where the recipe leaves them to it.</summary>
    public string ThreadsPath => Path("threads.json");

    /// <summary>Folder of the checkpoints.</summary>
    public string CheckpointsPath => Path(CheckpointFolder);

    /// <summary>Folder of TensorBoard events: <c>tensorboard --logdir</c> takes it, or a folder of runs.</summary>
    public string TensorBoardPath => Path("tensorboard");

    /// <summary>Path of another file in the folder, a plot for example.</summary>
    public string Path(string name) => System.IO.Path.Combine(Location, name);

    /// <summary>Makes <c>root/name</c>, or <c>root/name-2</c>, <c>root/name-3</c> … when that exists already.</summary>
    /// <exception cref="InvalidInputException">The root cannot be written or lacks space; nothing was made.</exception>
    public static RunFolder Create(string root, string name, long requiredBytes = DefaultRequiredBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        CheckSpaceAndAccess(root, requiredBytes);
        return Guard(root, () =>
        {
            Directory.CreateDirectory(root);
            // Made aside and then renamed: two runs started together can both see that a name is free, but only one rename succeeds.
            var temporary = Directory.CreateDirectory(System.IO.Path.Combine(root, $".{name}.{Guid.NewGuid():N}.tmp")).FullName;
            try
            {
                Directory.CreateDirectory(System.IO.Path.Combine(temporary, CheckpointFolder));
                return new RunFolder(MoveToFreeName(temporary, root, name), made: true);
            }
            catch
            {
                Directory.Delete(temporary, recursive: true);
                throw;
            }
        });
    }

    /// <summary>Makes exactly this folder, for a user who gave <c>--out</c>; a folder that holds no run yet is used as it is.</summary>
    /// <exception cref="InvalidInputException">It holds a run already, cannot be written or lacks space; nothing was made.</exception>
    public static RunFolder CreateAt(string directory, long requiredBytes = DefaultRequiredBytes)
    {
        var folder = new RunFolder(directory, made: !Directory.Exists(directory));
        var present = Files.FirstOrDefault(file => File.Exists(folder.Path(file)));
        if (present is not null)
            throw new InvalidInputException($"{directory} holds a run already ({present} is there), and a run is never overwritten. Continue it with --resume, or give another --out.");
        if (Directory.Exists(folder.CheckpointsPath) && Directory.EnumerateFileSystemEntries(folder.CheckpointsPath).Any())
            throw new InvalidInputException($"{directory} holds checkpoints already, and a run is never overwritten. Give another --out.");
        CheckSpaceAndAccess(directory, requiredBytes);
        return Guard(directory, () =>
        {
            Directory.CreateDirectory(folder.CheckpointsPath);
            return folder;
        });
    }

    /// <summary>The folder of an existing run, to read or to continue; call <see cref="EnsureWritable"/> before continuing.</summary>
    /// <exception cref="InvalidInputException">There is no run at that path.</exception>
    public static RunFolder Open(string path)
    {
        var folder = new RunFolder(path);
        if (!Directory.Exists(folder.Location))
            throw new InvalidInputException($"{path}: there is no such run folder. Check the path.");
        if (!File.Exists(folder.ConfigPath))
            throw new InvalidInputException($"{path} is not a run folder: it has no config.toml. Give the folder that rho train or rho compare wrote.");
        return folder;
    }

    /// <summary>Checks that the run can go on writing, before hours are spent on what could not be kept.</summary>
    /// <exception cref="InvalidInputException">The folder cannot be written or lacks space.</exception>
    public void EnsureWritable(long requiredBytes = DefaultRequiredBytes)
    {
        CheckSpaceAndAccess(Location, requiredBytes);
        Guard(Location, () => Directory.CreateDirectory(CheckpointsPath));
    }

    /// <summary>Takes a new folder back when bad input showed before anything was trained. What was there before, or was trained, stays.</summary>
    public void Discard()
    {
        if (new FileInfo(MetricsPath) is { Exists: true, Length: > 0 } || Directory.EnumerateFileSystemEntries(CheckpointsPath).Any())
            return;
        foreach (var file in Files)
            File.Delete(Path(file));
        Directory.Delete(CheckpointsPath);
        if (_made && !Directory.EnumerateFileSystemEntries(Location).Any())
            Directory.Delete(Location);
    }

    private static string MoveToFreeName(string temporary, string root, string name)
    {
        for (var number = 1; ; number++)
        {
            var candidate = System.IO.Path.Combine(root, number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"));
            if (System.IO.Path.Exists(candidate))
                continue;
            try
            {
                Directory.Move(temporary, candidate);
                return candidate;
            }
            catch (IOException) when (System.IO.Path.Exists(candidate))
            {
                // Another run took the name between the question and the move: try the next number.
            }
        }
    }

    private static void CheckSpaceAndAccess(string directory, long requiredBytes) => Guard(directory, () =>
    {
        var existing = System.IO.Path.GetFullPath(directory);
        while (!Directory.Exists(existing))
        {
            if (File.Exists(existing))
                throw new IOException($"{existing} is a file.");
            existing = System.IO.Path.GetDirectoryName(existing) ?? throw new IOException($"No part of {directory} exists.");
        }
        var free = new DriveInfo(existing).AvailableFreeSpace;
        if (free < requiredBytes)
            throw new IOException($"{Megabytes(requiredBytes)} of free space are needed, but {Megabytes(free)} are left.");
        // Permission bits do not tell (read-only mounts, quotas, access lists): only writing does.
        var probe = System.IO.Path.Combine(existing, $".{Guid.NewGuid():N}.tmp");
        using var stream = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        return true;
    });

    private static T Guard<T>(string directory, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidInputException($"{directory} cannot hold a run: {e.Message} Free some space or allow writing there, or give another --out.", e);
        }
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MB");
}
