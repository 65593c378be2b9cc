using System.Text;

namespace RhoLoss.Datasets.Files;

/// <summary>
/// What lies under the name of a file of data and is something else: a pointer of Git LFS that was not replaced by its file, a page that a
/// server sent in place of a download, or another format under this name.
/// </summary>
/// <param name="What">What it is, in words.</param>
/// <param name="Fix">What to do, a sentence.</param>
/// <param name="IsText">Whether it is text, so that it is no stand-in among documents.</param>
internal sealed record StandIn(string What, string Fix, bool IsText = false)
{
    private const int Looked = 512;

    private static readonly StandIn Page =
        new("a web page in place of the file", "Download the file itself: its server may want a login, or have it at another address.",
            IsText: true);

    /// <summary>Binary formats by the bytes that they begin with, from their specifications.</summary>
    private static readonly (byte[] Start, StandIn Is)[] Formats =
    [
        ([.. "version https://git-lfs.github.com/spec/"u8], new("a Git LFS pointer in place of the file",
            "Run `git lfs pull` in the repository that it comes from.")),
        ([.. "PK\u0003\u0004"u8], new("a ZIP archive, as .xlsx and .npz files are", "Give the file in it, or export it again.")),
        ([0xD0, 0xCF, 0x11, 0xE0], new("a workbook of Excel", "Save the sheet as CSV.")),
        ([.. "PAR1"u8], new("a Parquet file", "Convert it to CSV.")),
        ([.. "%PDF"u8], new("a PDF document", "Give the file of data itself.")),
        ([.. "SQLite format 3\0"u8], new("a database of SQLite", "Export the table as CSV.")),
        ([0x89, .. "HDF\r\n"u8], new("an HDF5 file", "Convert it to one of the formats that are read.")),
        ([.. "7z"u8, 0xBC, 0xAF], new("a 7z archive", "Unpack it.")),
        ([0xFD, .. "7zXZ"u8], new("compressed by xz", "Unpack it.")),
        ([0x28, 0xB5, 0x2F, 0xFD], new("compressed by zstd", "Unpack it.")),
        ([.. "BZh"u8], new("compressed by bzip2", "Unpack it.")),
        ([.. "Rar!"u8], new("a RAR archive", "Unpack it.")),
        ([.. "II*\0"u8], Image("TIFF")),
        ([.. "MM\0*"u8], Image("TIFF")),
        ([.. "GIF87a"u8], Image("GIF")),
        ([.. "GIF89a"u8], Image("GIF")),
        ([.. "8BPS"u8, 0], Image("Photoshop")),
        ([0, 0, 0, 0x0C, .. "jP  "u8], Image("JPEG 2000")),
        ([0, 0, 0, 0x0C, .. "JXL "u8], Image("JPEG XL")),
        ([0xFF, 0x0A], Image("JPEG XL")),
    ];

    /// <summary>The same of formats that have their name further on: how they begin, and the name with its place.</summary>
    private static readonly (byte[] Start, int At, byte[] Name, StandIn Is)[] NamedInside =
    [
        ([.. "RIFF"u8], 8, [.. "WEBP"u8], Image("WebP")),
        ([0, 0], 4, [.. "ftypavi"u8], Image("AVIF")),
        ([0, 0], 4, [.. "ftyphe"u8], Image("HEIC")),
        ([0, 0], 4, [.. "ftypmif1"u8], Image("HEIC")),
        ([0, 0], 4, [.. "ftyp"u8], new("a video", "Images are read as .jpg or .png.")),
    ];

    private static readonly string[] SvgStarts = ["<svg", "<?xml", "<!--", "<!doctype svg"];
    private static readonly string[] PageStarts = ["<!doctype", "<html", "<head", "<body", "<?xml", "<!--"];

    /// <summary>What a file is by its beginning; null for all else, also for what cannot be read.</summary>
    public static StandIn? At(string path)
    {
        try
        {
            using FileStream file = GzipContent.OpenStored(path);
            return In(file);
        }
        catch (Exception e) when (e is IOException or InvalidInputException)
        {
            return null;   // whoever reads it says so
        }
    }

    /// <summary>The same of an open file, which is at its beginning again afterwards.</summary>
    public static StandIn? In(FileStream file)
    {
        Span<byte> start = stackalloc byte[Looked];
        int read = file.ReadAtLeast(start, Looked, throwOnEndOfStream: false);
        file.Position = 0;
        ReadOnlySpan<byte> there = start[..read];
        foreach ((byte[] begins, StandIn what) in Formats)
        {
            if (there.StartsWith(begins)) { return what; }
        }
        foreach ((byte[] begins, int at, byte[] name, StandIn what) in NamedInside)
        {
            if (there.StartsWith(begins) && there.Length > at && there[at..].StartsWith(name)) { return what; }
        }
        if (there.StartsWith(Encoding.UTF8.Preamble)) { there = there[Encoding.UTF8.Preamble.Length..]; }
        string text = Encoding.Latin1.GetString(there).TrimStart();
        if (SvgStarts.Any(begins => text.StartsWith(begins, StringComparison.OrdinalIgnoreCase))
            && text.Contains("<svg", StringComparison.OrdinalIgnoreCase))
        {
            return Image("SVG") with { IsText = true };
        }
        return PageStarts.Any(begins => text.StartsWith(begins, StringComparison.OrdinalIgnoreCase)) ? Page : null;
    }

    private static StandIn Image(string format) => new($"an image of the format {format}", "Images are read as .jpg or .png.");

    /// <summary>Checks that a file that is about to be read is no such thing.</summary>
    /// <exception cref="InvalidInputException">It is one; the message says which.</exception>
    public static void Refuse(string path, FileStream file)
    {
        if (In(file) is { } other) { throw new InvalidInputException($"{path}: it is {other.What}. {other.Fix}"); }
    }
}
