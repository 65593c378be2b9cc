using System.Globalization;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>What a folder that is to hold a run has to be: writable, with space left.</summary>
internal static class WritableFolder
{
    /// <summary>Checks that so much can be written into a folder, or into the one it would be made in.</summary>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    /// <exception cref="IOException">It lacks space, or the machine fails.</exception>
    public static void Require(string directory, long requiredBytes) => Guard(directory, () =>
    {
        string existing = Path.GetFullPath(directory);
        while (!Directory.Exists(existing))
        {
            if (File.Exists(existing)) { throw new DirectoryNotFoundException($"{existing} is a file."); }
            existing = Path.GetDirectoryName(existing) ?? throw new DirectoryNotFoundException($"No part of {directory} exists.");
        }
        var free = new DriveInfo(existing).AvailableFreeSpace;
        if (free < requiredBytes)
        {
            throw new IOException($"{Megabytes(requiredBytes)} of free space are needed, but {Megabytes(free)} are left.");
        }
        // Permission bits do not tell (read-only mounts, quotas, access lists): only writing does.
        string probe = Path.Combine(existing, $".{Guid.NewGuid():N}.tmp");
        using var stream =
            new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        return true;
    });

    /// <summary>Does something in the folder; where that is not allowed, the error says how to go on.</summary>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    public static T Guard<T>(string directory, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw WriteFailure.Of($"{directory} cannot hold a run: {e.Message}", "Allow writing there, or give another --out.", e);
        }
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MB");
}
