using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Text;
using RhoLoss.Reliability.Formats;

namespace RhoLoss.Reliability.Fuzz.Readers;

/// <summary>Archives of a data set, tar, gzipped tar and zip, taken into a cache.</summary>
internal sealed class ArchiveReader : FuzzReader
{
    private static readonly string[] Names = ["in_domain_train.tsv", "in_domain_dev.tsv", "out_of_domain_dev.tsv"];
    private static readonly byte[] Content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 8)
        .Select(i => $"gj04\t{i / 2 % 2}\t\tThe {i} sailors rode.\n")));

    public override string Name => "archives";

    public override IReadOnlyList<string> Sources { get; } = ["RhoLoss.Datasets/Cache/DatasetArchive.cs"];

    public override IReadOnlyList<FuzzInput> Inputs { get; } =
    [
        .. Enumerable.Repeat(new FuzzInput("cola.tar", Tar()), 5),
        .. Enumerable.Repeat(new FuzzInput("cola.tar.gz", Gzip.Compress(Tar())), 5),
        .. Enumerable.Repeat(new FuzzInput("cola.zip", Zip()), 5), .. Xz(),
    ];

    public override void Read(string path)
    {
        var cache = new DatasetCache(Path.Combine(Path.GetDirectoryName(path)!, "cache"));
        GlueSources.Cola.In(new DatasetPlaces(cache, PackagesFolder: "")).Import(path);
    }

    /// <summary>Half the time a tar's headers get right checksums again.</summary>
    protected override byte[] BreakContent(Dice dice, FuzzInput input, byte[] content)
    {
        byte[] broken = Mutation.OfBytes(dice, content, content);
        bool isTar = input.FileName.EndsWith(".tar", StringComparison.Ordinal) || input.IsGzipped;
        return isTar && dice.Once(2) ? TarHeaders.WithRightChecksums(broken) : broken;
    }

    private static byte[] Tar()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            foreach (string name in Names)
            {
                tar.WriteEntry(
                    new UstarTarEntry(TarEntryType.RegularFile, $"cola_public/raw/{name}") { DataStream = new MemoryStream(Content) });
            }
        }
        return bytes.ToArray();
    }

    /// <summary>One in sixteen, because the program xz is started for each; none where it is not there.</summary>
    private static FuzzInput[] Xz()
    {
        try
        {
            var start = new ProcessStartInfo("xz", ["--compress", "--stdout"])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            using Process xz = Process.Start(start)!;
            xz.StandardInput.BaseStream.Write(Tar());
            xz.StandardInput.Close();
            using var compressed = new MemoryStream();
            xz.StandardOutput.BaseStream.CopyTo(compressed);
            xz.WaitForExit();
            return [new FuzzInput("cola.tar.xz", compressed.ToArray())];
        }
        catch (Win32Exception)
        {
            return [];
        }
    }

    private static byte[] Zip()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (string name in Names)
            {
                using Stream entry = zip.CreateEntry($"cola_public/raw/{name}").Open();
                entry.Write(Content);
            }
        }
        return bytes.ToArray();
    }
}
