using System.Security.Cryptography;
using RhoLoss.Serialization;

namespace RhoLoss.Datasets.Files;

/// <summary>Reads a file's uncompressed content, whether it is gzipped or not.</summary>
internal static class GzipContent
{
    /// <summary>
    /// Opens a file for reading its content; the magic bytes 1f 8b decide, because mirrors serve both forms under both names.
    /// </summary>
    /// <exception cref="InvalidInputException">It cannot be opened, or is a <see cref="StandIn"/> for it.</exception>
    public static Stream Open(string path)
    {
        FileStream file = OpenStored(path);
        try
        {
            StandIn.Refuse(path, file);
            bool gzipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            return gzipped ? new WholeGzipStream(file) : file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file for reading its bytes as they are.</summary>
    public static FileStream OpenStored(string path)
    {
        SpecialFile.Refuse(path);
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: the file cannot be read ({e.Message}). Check the path and its permissions.", e);
        }
    }

    /// <summary>
    /// SHA-256 of the uncompressed content, in lower-case hexadecimal: gzip headers differ between mirrors, the content does not.
    /// </summary>
    public static string Sha256(string path)
    {
        try
        {
            using Stream content = Open(path);
            return Convert.ToHexStringLower(SHA256.HashData(content));
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, e);
        }
    }

    /// <summary>The error for bytes that are not gzip. .NET's own message speaks of archive entries, so it stays inside.</summary>
    public static InvalidInputException Damaged(string name, InvalidDataException cause) =>
        new(
            $"{name}: the file starts as gzip but cannot be decompressed or fails gzip's own checksum. It is damaged; fetch it again.",
            cause);
}
