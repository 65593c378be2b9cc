using System.Text;
using RhoLoss.Datasets.Cache;
using RhoLoss.Datasets.Cifar;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Images;
using RhoLoss.Datasets.Npy;
using RhoLoss.Datasets.Tables;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Datasets.Text;

namespace RhoLoss.Datasets.Tests.Files;

/// <summary>What lies in the place of a file of data and is something else is called so by every reader.</summary>
public sealed class StandInTests : IDisposable
{
    // The three lines of a pointer file, as Git LFS's specification has them.
    private const string Pointer = "version https://git-lfs.github.com/spec/v1\n"
        + "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

    private const string Pull = "it is a Git LFS pointer in place of the file. Run `git lfs pull` in the repository that it comes from.";
    private const string Page = "it is a web page in place of the file. "
        + "Download the file itself: its server may want a login, or have it at another address.";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Pointer, Pull)]
    [InlineData("<!DOCTYPE html>\n<html><body>Log in</body></html>\n", Page)]
    [InlineData("\uFEFF\r\n  <HTML>\n", Page)]
    [InlineData("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", Page)]   // as stores of objects answer
    public void Every_reader_calls_it_what_it_is(string content, string told)
    {
        string path = _folder["a.csv"];
        File.WriteAllText(path, content);
        string message = $"{path}: {told}";
        Errors.Of(() => DelimitedText.Read(path)).ShouldBe(message);
        Errors.Of(() => GlueFile.ReadSst2(path)).ShouldBe(message);
        Errors.Of(() => IdxFile.ReadImages(path)).ShouldBe(message);
        Errors.Of(() => NpyArray.Read(path)).ShouldBe(message);
        Errors.Of(() => CifarFile.Read(CifarFormat.Cifar10, path)).ShouldBe(message);
        Errors.Of(() => ImageOpening.Open(path)).ShouldBe($"{path}: not a readable JPEG or PNG image: {told}");
        Errors.Of(() => new DatasetCache(_folder["cache"]).Import("cifar-10", path)).ShouldBe(message);
    }

    [Theory]
    [InlineData("PK\u0003\u0004", "it is a ZIP archive, as .xlsx and .npz files are. Give the file in it, or export it again.")]
    [InlineData("PAR1", "it is a Parquet file. Convert it to CSV.")]
    [InlineData("BZh9", "it is compressed by bzip2. Unpack it.")]
    public void Another_format_under_the_name_of_a_table_is_called_so(string start, string told)
    {
        File.WriteAllText(_folder["a.csv"], start + "\u0014\0\0\0");
        Errors.Of(() => DelimitedText.Read(_folder["a.csv"])).ShouldBe($"{_folder["a.csv"]}: {told}");
    }

    // The first bytes of each format, from its specification, read as Latin-1.
    [Theory]
    [InlineData("II*\0\b\0\0\0", "TIFF")]
    [InlineData("MM\0*\0\0\0\b", "TIFF")]
    [InlineData("GIF89a", "GIF")]
    [InlineData("RIFF\u0010\0\0\0WEBPVP8 ", "WebP")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0", "HEIC")]
    [InlineData("\0\0\0\u001cftypavif\0\0\0\0", "AVIF")]
    [InlineData("\0\0\0\fjP  \r\n\u0087\n", "JPEG 2000")]
    [InlineData("\u00ff\n\u0010\0", "JPEG XL")]
    [InlineData("8BPS\0\u0001", "Photoshop")]
    [InlineData("<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG")]
    public void An_image_of_another_format_is_called_so(string content, string format)
    {
        string path = _folder["a.jpeg"];
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content));
        Errors.Of(() => ImageOpening.Open(path)).ShouldBe(
            $"{path}: not a readable JPEG or PNG image: it is an image of the format {format}. Images are read as .jpg or .png.");
    }

    [Theory]
    [InlineData("version,label\nhttps://git-lfs.github.com,x\n")]
    [InlineData("<text>,label\na,x\n")]
    [InlineData("the ftypavif,label\na,x\n")]
    [InlineData("GIF of a cat,label\na,x\n")]
    public void A_table_that_only_resembles_one_is_read(string content)
    {
        File.WriteAllText(_folder["a.csv"], content);
        DelimitedText.Read(_folder["a.csv"]).Count.ShouldBe(2);
    }
}
