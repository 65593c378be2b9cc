namespace RhoLoss.Datasets.Cache;

/// <summary>
/// A folder beside its destination in which a set is put together. It takes the destination's place in one rename, or vanishes:
/// nobody ever sees half a data set.
/// </summary>
internal sealed class StagingFolder : IDisposable
{
    private readonly string _destination;

    /// <summary>Creates the folder. It has to be on the destination's file system, or the rename would be a copy.</summary>
    public StagingFolder(string destination)
    {
        _destination = destination;
        Path = $"{destination}.partial-{Guid.NewGuid():N}";
        Guarded(() => Directory.CreateDirectory(Path));
    }

    /// <summary>Where to put files.</summary>
    public string Path { get; }

    /// <summary>Makes a folder inside.</summary>
    public string Create(string name)
    {
        string folder = System.IO.Path.Combine(Path, name);
        Guarded(() => Directory.CreateDirectory(folder));
        return folder;
    }

    /// <summary>Creates a file inside.</summary>
    public FileStream CreateFile(string path)
    {
        try
        {
            return File.Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    /// <summary>Gives a finished folder inside this one the destination's name; what was there before goes.</summary>
    public void Commit(string finished) => Guarded(() =>
    {
        string replaced = System.IO.Path.Combine(Path, "replaced");
        bool replacing = Directory.Exists(_destination);
        if (replacing) { Directory.Move(_destination, replaced); }
        try
        {
            Directory.Move(finished, _destination);
        }
        catch (IOException) when (replacing)
        {
            Directory.Move(replaced, _destination);
            throw;
        }
    });

    /// <summary>Runs something that writes; a full disk or a folder without permission becomes one clear error.</summary>
    public void Guarded(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    /// <summary>The error for a write that failed.</summary>
    private InvalidInputException Unwritable(Exception cause) => new(
        $"{System.IO.Path.GetDirectoryName(_destination)}: the data cache cannot be written ({cause.Message}). "
        + "Make room or give permission, or set RHOLOSS_CACHE to a folder that can be written.",
        cause);

    /// <summary>Removes what was not committed.</summary>
    public void Dispose()
    {
        try
        {
            if (Directory.Exists(Path)) { Directory.Delete(Path, recursive: true); }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error that led here is the one to report; a leftover folder is never taken for a data set.
        }
    }
}
