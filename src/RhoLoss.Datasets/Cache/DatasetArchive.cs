using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using RhoLoss.Datasets.Files;

namespace RhoLoss.Datasets.Cache;

/// <summary>Takes the files of a data set out of a .tar, .tar.gz, .tar.xz or .zip; the content decides which, not the name.</summary>
internal static class DatasetArchive
{
    /// <summary>The largest file of a known set is CIFAR-100's train.bin with 154 MB.</summary>
    private const long LargestFile = 512L << 20;

    /// <summary>
    /// Writes the regular files whose names are wanted into <paramref name="folder"/>, flat. Links are never followed or made, and a
    /// path that leaves the archive's own folder makes the whole archive refused.
    /// </summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="wanted">Their names.</param>
    /// <param name="inside">The official archive's folder; a zip's files of these names in other folders are others.</param>
    /// <param name="staging">Writes.</param>
    public static void Extract(string archive, string folder, IReadOnlySet<string> wanted, string? inside, StagingFolder staging)
    {
        using FileStream file = GzipContent.OpenStored(archive);
        byte[] magic = new byte[6];
        int read = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        file.Position = 0;
        if (read >= 2 && magic[0] == 0x1f && magic[1] == 0x8b)
        {
            using var plain = new GZipStream(file, CompressionMode.Decompress);
            ExtractTar(plain, archive, folder, wanted, staging);
        }
        else if (magic is [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
        {
            ExtractXz(archive, folder, wanted, staging);
        }
        else if (magic is [(byte)'P', (byte)'K', 3, 4, ..])
        {
            ExtractZip(file, archive, folder, wanted, inside, staging);
        }
        else
        {
            StandIn.Refuse(archive, file);
            ExtractTar(file, archive, folder, wanted, staging);
        }
    }

    /// <summary>
    /// .NET has no xz decoder. tar itself runs the program xz for it; run directly, it leaves the unpacking to the checks below.
    /// </summary>
    private static void ExtractXz(string archive, string folder, IReadOnlySet<string> wanted, StagingFolder staging)
    {
        var start = new ProcessStartInfo("xz") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { "--decompress", "--stdout", "--", archive }) { start.ArgumentList.Add(argument); }
        using Process xz = ExternalProgram.Start(start) ?? throw new InvalidInputException(
            $"{archive} is compressed with xz, and the program xz is not there. "
            + "Install it (Debian: apt-get install xz-utils), or unpack the archive and give its folder.");
        try
        {
            Task<string> messages = xz.StandardError.ReadToEndAsync();
            InvalidInputException? failure = null;
            try { ExtractTar(xz.StandardOutput.BaseStream, archive, folder, wanted, staging); }
            catch (InvalidInputException e) { failure = e; }
            if (failure is not null)
            {
                // Nobody reads on, so xz would wait for ever for room in the pipe; what it said before is worth more than "truncated".
                if (!xz.WaitForExit(TimeSpan.FromSeconds(1)) || xz.ExitCode == 0) { throw failure; }
            }
            xz.WaitForExit();
            if (xz.ExitCode != 0)
            {
                throw new InvalidInputException(
                    $"{archive}: xz cannot decompress it ({messages.Result.Trim()}). It is damaged or truncated; fetch it again.");
            }
        }
        finally
        {
            if (!xz.HasExited) { xz.Kill(); }
        }
    }

    private static void ExtractTar(Stream content, string archive, string folder, IReadOnlySet<string> wanted, StagingFolder staging)
    {
        try
        {
            using var tar = new TarReader(content, leaveOpen: true);
            while (tar.GetNextEntry() is { } entry)
            {
                RequireInside(entry.Name, archive);
                string name = Path.GetFileName(entry.Name);
                if (entry.DataStream is null || !wanted.Contains(name)) { continue; }
                RequireSize(entry.Name, entry.Length, archive);
                Write(entry.DataStream, entry.Name, entry.Length, Path.Combine(folder, name), archive, staging);
            }
            // Reading to the end lets gzip check its checksum and xz finish.
            content.CopyTo(Stream.Null);
        }
        catch (Exception e)
            when (e is InvalidDataException or EndOfStreamException
                or FormatException or ArgumentException or OverflowException)
        {
            throw new InvalidInputException(
                $"{archive}: not a readable tar archive ({e.Message}). "
                + "Give a .tar, .tar.gz or .tar.xz that is complete, or unpack it and give its folder.",
                e);
        }
    }

    private static void ExtractZip(
        FileStream file, string archive, string folder, IReadOnlySet<string> wanted, string? inside, StagingFolder staging)
    {
        try
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                RequireInside(entry.FullName, archive);
                string parent = Path.GetDirectoryName(entry.FullName)?.Replace('\\', '/') ?? "";
                // CoLA's archive has files of the same names in raw/ and tokenized/.
                if (!wanted.Contains(entry.Name) || (inside is not null && parent.Length > 0 && parent != inside)) { continue; }
                RequireSize(entry.FullName, entry.Length, archive);
                using Stream content = entry.Open();
                Write(content, entry.FullName, entry.Length, Path.Combine(folder, entry.Name), archive, staging);
            }
        }
        catch (InvalidDataException e)
        {
            throw new InvalidInputException(
                $"{archive}: not a readable zip archive ({e.Message}). "
                + "It is damaged or truncated; fetch it again, or unpack it and give its folder.",
                e);
        }
    }

    private static void RequireSize(string entry, long length, string archive)
    {
        if (length > LargestFile)
        {
            throw new InvalidInputException(
                $"{archive}: a file may have at most {LargestFile} bytes, but {entry} has {length}. Give the official archive.");
        }
    }

    private static void RequireInside(string entry, string archive)
    {
        string[] parts = entry.Replace('\\', '/').Split('/');
        if (Path.IsPathRooted(entry) || parts[0].Contains(':', StringComparison.Ordinal) || parts.Contains("..", StringComparer.Ordinal))
        {
            throw new InvalidInputException(
                $"{archive}: every path must stay inside the archive's folder, but the archive holds '{entry}'. "
                + "Do not use this archive; get it from the official source.");
        }
    }

    private static void Write(Stream content, string entry, long length, string path, string archive, StagingFolder staging)
    {
        if (File.Exists(path))
        {
            throw new InvalidInputException(
                $"{archive}: each file may be there once, but {Path.GetFileName(path)} comes again as {entry}. "
                + "Unpack the archive and give the right folder.");
        }
        using FileStream target = staging.CreateFile(path);
        byte[] buffer = new byte[1 << 16];
        long written = 0;
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            staging.Guarded(() => target.Write(buffer, 0, read));
            written += read;
            RequireSize(entry, written, archive);   // a zip's directory may say less than its content unpacks to
        }
        if (written != length)
        {
            throw new InvalidInputException(
                $"{archive}: {entry} should have {length} bytes, but the archive ends after {written}. It is truncated; fetch it again.");
        }
        staging.Guarded(target.Flush);
    }
}
