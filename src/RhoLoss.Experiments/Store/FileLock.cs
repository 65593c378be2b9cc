using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>
/// A lock between processes: an open file that nobody else may open. It ends with the process, however that ends. The file stays,
/// because a file that is deleted while another process opens it would be locked by both.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>The lock that belongs to the making of a file: hidden, beside it.</summary>
    public static string Beside(string path) => Path.Combine(Path.GetDirectoryName(path) ?? "", $".{Path.GetFileName(path)}.lock");

    /// <summary>Takes the lock; null when somebody has it.</summary>
    /// <exception cref="InvalidInputException">No file can be made there.</exception>
    /// <exception cref="IOException">The machine fails.</exception>
    public static FileLock? TryTake(string path)
    {
        SpecialFile.Refuse(path);
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (IOException e) when (IsTaken(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailure.Of($"Cannot write {path}: {e.Message}", "Choose a folder that is writable.", e);
        }
    }

    /// <summary>Takes the lock as soon as nobody else has it.</summary>
    /// <param name="path">The file, in a folder that is there.</param>
    /// <param name="onWait">Told once if somebody has it.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static FileLock Take(string path, Action onWait, CancellationToken cancellation)
    {
        for (bool told = false; ; told = true)
        {
            if (TryTake(path) is { } taken) { return taken; }
            if (!told) { onWait(); }
            cancellation.WaitHandle.WaitOne(Pause);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose() => _file.Dispose();

    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.
    private static bool IsTaken(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
