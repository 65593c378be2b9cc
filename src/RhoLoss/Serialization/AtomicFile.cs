namespace RhoLoss.Serialization;

/// <summary>
/// Writes a file so that a reader, a crash or a full disk never finds half of it: temporary name beside the target, flush to disk, rename.
/// Compiled into each assembly that writes files.
/// </summary>
internal static class AtomicFile
{
    /// <summary>
    /// Calls <paramref name="write"/> on a temporary file beside <paramref name="path"/>, then puts it in place. The folder is created.
    /// </summary>
    /// <exception cref="InvalidInputException">No file can be written at that place; nothing is left behind.</exception>
    /// <exception cref="IOException">The machine fails, a full disk for example; nothing is left behind, and a file that was
    /// there is as it was.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        RequireFileOrNothing(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(folder);
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailure.Of($"Cannot write {path}: {e.Message}", "Choose a folder that is writable.", e);
        }
        finally
        {
            Remove(temporary);
        }
    }

    /// <summary>
    /// Makes sure that a file could be written there, before the work whose result it is to hold. Leaves nothing but its folder.
    /// </summary>
    /// <exception cref="InvalidInputException">No file can be written at that place.</exception>
    /// <exception cref="IOException">The machine fails, a full disk for example.</exception>
    public static void RequireWritable(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireFileOrNothing(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            Directory.CreateDirectory(folder);
            using var probe = new FileStream(
                Path.Combine(folder, $".{Guid.NewGuid():N}.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailure.Of($"Cannot write {path}: {e.Message}", "Choose a folder that is writable.", e);
        }
    }

    /// <summary>A rename would put the file in the place of a device, a pipe or a link to nothing.</summary>
    private static void RequireFileOrNothing(string path)
    {
        SpecialFile.Refuse(path);
        if (Directory.Exists(path)) { throw new InvalidInputException($"Cannot write {path}: it is a folder. Name a file."); }
    }

    /// <summary>What is thrown is why the file was not written, and not that its rest could not be removed either.</summary>
    private static void Remove(string temporary)
    {
        try
        {
            if (File.Exists(temporary)) { File.Delete(temporary); }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that takes no deletions either: the name says that it is a rest.
        }
    }

    /// <summary>Writes text as UTF-8.</summary>
    public static void WriteAllText(string path, string text) => WriteAllBytes(path, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    public static void WriteAllBytes(string path, byte[] bytes) => Write(path, stream => stream.Write(bytes));
}
