using RhoLoss.Datasets.Images;
using RhoLoss.Datasets.Tests.Support;
using SkiaSharp;

namespace RhoLoss.Datasets.Tests;

public sealed class ImageDecoderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_image_of_the_wanted_size_is_read_pixel_for_pixel_and_channel_by_channel()
    {
        TestImages.Write(_folder["a.png"], 3, 3, (x, y) => new SKColor((byte)(10 * x), (byte)(20 * y), (byte)(x + y)));
        byte[] bytes = Decode("a.png", 3);
        bytes[..9].ShouldBe(new byte[] { 0, 10, 20, 0, 10, 20, 0, 10, 20 });
        bytes[9..18].ShouldBe(new byte[] { 0, 0, 0, 20, 20, 20, 40, 40, 40 });
        bytes[18..].ShouldBe(new byte[] { 0, 1, 2, 1, 2, 3, 2, 3, 4 });
    }

    [Fact]
    public void The_middle_of_the_longer_side_is_kept()
    {
        TestImages.Write(_folder["a.png"], 8, 4, (x, _) => x is >= 2 and < 6 ? SKColors.White : SKColors.Black);
        Decode("a.png", 4).ShouldAllBe(b => b == 255);
    }

    [Fact]
    public void A_large_jpeg_keeps_its_colour_at_a_reduced_scale()
    {
        TestImages.Write(_folder["a.jpg"], new SKColor(200, 100, 50), 640, 480, SKEncodedImageFormat.Jpeg);
        byte[] bytes = Decode("a.jpg", 32);
        ((int)bytes[0]).ShouldBeInRange(197, 203);
        ((int)bytes[1024 + 500]).ShouldBeInRange(97, 103);
        ((int)bytes[^1]).ShouldBeInRange(47, 53);
    }

    [Theory]
    [InlineData(1, 0, 0)]   // EXIF 2.3, Orientation: where the file's first pixel is on the upright image, as (x, y) of 2×2 quarters
    [InlineData(2, 1, 0)]
    [InlineData(3, 1, 1)]
    [InlineData(4, 0, 1)]
    [InlineData(5, 0, 0)]
    [InlineData(6, 1, 0)]
    [InlineData(7, 1, 1)]
    [InlineData(8, 0, 1)]
    public void An_image_is_turned_upright(byte orientation, int x, int y)
    {
        TestImages.Write(_folder["a.jpg"], 32, 32, (i, j) => i < 16 && j < 16 ? SKColors.White : SKColors.Black, SKEncodedImageFormat.Jpeg);
        TestImages.Orient(_folder["a.jpg"], orientation);
        byte[] bytes = Decode("a.jpg", 32);
        for (int quarter = 0; quarter < 4; quarter++)
        {
            int centre = (8 + 16 * (quarter / 2)) * 32 + 8 + 16 * (quarter % 2);
            ((int)bytes[centre]).ShouldBeInRange(quarter == 2 * y + x ? 240 : 0, quarter == 2 * y + x ? 255 : 15);
        }
    }

    [Fact]
    public void A_grey_image_has_three_equal_channels()
    {
        using (var grey = new SKBitmap(4, 4, SKColorType.Gray8, SKAlphaType.Opaque))
        {
            grey.Erase(new SKColor(90, 90, 90));
            using SKData data = grey.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(_folder["grey.png"], data.ToArray());
        }
        Decode("grey.png", 4).ShouldAllBe(b => b == 90);
    }

    [Fact]
    public void A_file_that_is_missing_no_image_or_cut_short_is_named()
    {
        File.WriteAllText(_folder["text.jpg"], "not an image");
        TestImages.Write(_folder["cut.jpg"], 64, 64, Noise, SKEncodedImageFormat.Jpeg);
        File.WriteAllBytes(_folder["cut.jpg"], File.ReadAllBytes(_folder["cut.jpg"])[..1500]);
        Errors.Of(() => Decode("absent.jpg", 4)).ShouldStartWith($"{_folder["absent.jpg"]}: no such file");
        Errors.Of(() => Decode("text.jpg", 4)).ShouldStartWith($"{_folder["text.jpg"]}: not a readable JPEG or PNG image");
        Errors.Of(() => Decode("cut.jpg", 64)).ShouldBe(Cut("cut.jpg"));
        File.WriteAllBytes(_folder["empty.png"], []);
        Errors.Of(() => Decode("empty.png", 64))
            .ShouldStartWith($"{_folder["empty.png"]}: not a readable JPEG or PNG image (the file is empty).");
    }

    [Fact]
    public void What_is_transparent_lies_on_white()
    {
        // Black ink of alpha 0, 128 and 255 on white: 255, 255 · (1 − 128/255) = 127, 0.
        byte[] alpha = [0, 128, 255];
        TestImages.Write(_folder["a.png"], 3, 3, (x, _) => new SKColor(0, 0, 0, alpha[x]));
        byte[] bytes = Decode("a.png", 3);
        for (int i = 0; i < bytes.Length; i++) { ((int)bytes[i]).ShouldBeInRange(255 - alpha[i % 3] - 1, 255 - alpha[i % 3] + 1); }
    }

    [Fact]
    public void A_png_without_its_end_marker_is_read_and_one_that_is_cut_earlier_is_named_as_cut()
    {
        TestImages.Write(_folder["whole.png"], 16, 16, Noise);
        byte[] png = File.ReadAllBytes(_folder["whole.png"]), whole = Decode("whole.png", 16);
        File.WriteAllBytes(_folder["no-end.png"], png[..^12]);   // IEND: length, name and checksum, four bytes each
        Decode("no-end.png", 16).ShouldBe(whole);
        File.WriteAllBytes(_folder["cut.png"], png[..(png.Length / 2)]);
        Errors.Of(() => Decode("cut.png", 16)).ShouldBe(Cut("cut.png"));
    }

    [Theory]
    [InlineData(2)]   // the end marker, FF D9
    [InlineData(10)]
    [InlineData(1000)]
    public void A_jpeg_without_its_last_bytes_is_named_as_cut(int missing)
    {
        TestImages.Write(_folder["whole.jpg"], 64, 64, Noise, SKEncodedImageFormat.Jpeg);
        File.WriteAllBytes(_folder["cut.jpg"], File.ReadAllBytes(_folder["whole.jpg"])[..^missing]);
        Errors.Of(() => Decode("cut.jpg", 64)).ShouldBe(Cut("cut.jpg"));
    }

    [Theory]
    [InlineData(30_000, 30_000, "30000×30000 pixels are 900 megapixels, above the limit of 200")]
    [InlineData(20_000, 10_001, "20000×10001 pixels are 200 megapixels, above the limit of 200")]
    [InlineData(1_000_001, 2, "1000001×2 pixels are longer than the limit of 1000000 a side")]
    public void An_image_of_too_many_pixels_is_refused_by_its_header_with_size_and_limit(int width, int height, string size)
    {
        File.WriteAllBytes(_folder["huge.png"], TestImages.PngOfOneBitPixels(width, height, rows: 1));
        Errors.Of(() => Decode("huge.png", 32)).ShouldBe($"{_folder["huge.png"]}: too large to be decoded: {size}. "
            + "Scale the image down or remove it, or leave out what cannot be read with data.skip-bad = true.");
    }

    [Fact]
    public void Of_many_threads_one_at_a_time_decodes_a_large_image()
    {
        // 5,100 × 5,000 pixels are 25.5 million, of a file of white rows.
        File.WriteAllBytes(_folder["large.png"], TestImages.PngOfOneBitPixels(5_100, 5_000, rows: 5_000));
        byte[][] read = [.. Enumerable.Range(0, 3).AsParallel().WithDegreeOfParallelism(3).Select(_ => Decode("large.png", 8))];
        read.ShouldAllBe(bytes => bytes.All(b => b == 255));
    }

    [Fact]
    public void A_link_to_nothing_and_a_name_that_is_not_utf_8_are_called_so()
    {
        File.CreateSymbolicLink(_folder["link.png"], "/nowhere/a.png");
        Errors.Of(() => Decode("link.png", 4)).ShouldStartWith($"{_folder["link.png"]}: a link to nothing: /nowhere/a.png is not there.");
        // What .NET makes of the byte E9, é in Latin-1, when it lists a folder.
        Errors.Of(() => Decode("caf\uFFFD.png", 4))
            .ShouldStartWith($"{_folder["caf\uFFFD.png"]}: the name is not UTF-8 where it is shown as \uFFFD");
    }

    private string Cut(string name) =>
        $"{_folder[name]}: not a readable JPEG or PNG image (cut short: the file ends before the image does). "
        + "Replace or remove the file, or leave out what cannot be read with data.skip-bad = true.";

    private static SKColor Noise(int x, int y) => new((byte)(x * 37 ^ y * 91), (byte)(x * y), (byte)(x ^ y));

    private byte[] Decode(string name, int size)
    {
        var bytes = new byte[3 * size * size];
        ImageDecoder.Decode(_folder[name], size, bytes);
        return bytes;
    }
}
