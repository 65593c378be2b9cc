using System.IO.Compression;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>Gzip in memory.</summary>
internal static class Gzip
{
    public static byte[] Compress(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest)) { gzip.Write(content); }
        return compressed.ToArray();
    }

    public static byte[] Decompress(byte[] compressed)
    {
        using var content = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        gzip.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>Bytes that a reader gets out of a file: its own if it is not gzipped, else those before the first error.</summary>
    public static long ContentLength(byte[] file)
    {
        if (file is not [0x1f, 0x8b, ..]) { return file.Length; }
        long length = 0;
        try
        {
            using var gzip = new GZipStream(new MemoryStream(file), CompressionMode.Decompress);
            byte[] buffer = new byte[1 << 16];
            int read;
            while ((read = gzip.Read(buffer)) > 0) { length += read; }
        }
        catch (InvalidDataException)
        {
            // As far as it goes.
        }
        return Math.Max(length, file.Length);
    }
}
