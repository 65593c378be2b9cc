using System.Buffers.Binary;
using System.Net.Sockets;
using RhoLoss.Datasets.Images;
using RhoLoss.Datasets.Tests.Support;
using SkiaSharp;

namespace RhoLoss.Datasets.Tests.Images;

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

    [Theory]
    [InlineData("baseline.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("thumbnail.jpg")]
    [InlineData("a.png")]
    public void Wherever_a_file_is_cut_it_is_named_as_cut_and_what_follows_its_end_does_not_count(string name)
    {
        byte[] whole = Small(name);
        File.WriteAllBytes(_folder[name], whole);
        byte[] pixels = Decode(name, 16);
        for (int length = 1; length < whole.Length; length++)
        {
            File.WriteAllBytes(_folder[name], whole[..length]);
            Errors.Of(() => Decode(name, 16)).ShouldBe(Cut(name), $"{length} of {whole.Length} bytes");
        }
        byte[][] behind = [new byte[5000], [.. "garbage"u8, 0xFF], [0xFF, 0xD8, 0xFF, 0xE1], [0xFF]];
        foreach (byte[] more in behind)
        {
            File.WriteAllBytes(_folder[name], [.. whole, .. more]);
            Decode(name, 16).ShouldBe(pixels);
        }
    }

    [Fact]
    public void A_file_larger_than_a_block_of_reading_is_whole_or_cut_as_well()
    {
        TestImages.Write(_folder["whole.jpg"], 400, 300, Noise, SKEncodedImageFormat.Jpeg);
        byte[] whole = File.ReadAllBytes(_folder["whole.jpg"]);
        whole.Length.ShouldBeGreaterThan(100_000, "blocks have 16,384 bytes");
        byte[] pixels = Decode("whole.jpg", 64);
        byte[] thumbnail = new byte[40_000];
        for (int i = 0; i < thumbnail.Length; i += 2) { (thumbnail[i], thumbnail[i + 1]) = (0xFF, 0xD9); }
        File.WriteAllBytes(_folder["whole.jpg"], TestImages.WithSegment(whole, marker: 0xE2, thumbnail));
        Decode("whole.jpg", 64).ShouldBe(pixels);
        foreach (int missing in (int[])[1, 2, 3, 16_384, 60_000, 100_000])
        {
            File.WriteAllBytes(_folder["cut.jpg"], TestImages.WithSegment(whole, 0xE2, thumbnail)[..^missing]);
            Errors.Of(() => Decode("cut.jpg", 64)).ShouldBe(Cut("cut.jpg"));
        }
    }

    [Theory]
    [InlineData(16, 0u, "damaged: by its header it has 0×8 pixels")]    // the width, behind signature, length and name
    [InlineData(20, 0u, "damaged: by its header it has 12×0 pixels")]
    [InlineData(24, 0xFFFFFFFFu, "damaged")]                            // depth, colour, compression and filter, which have no such values
    public void A_header_that_is_wrong_is_not_named_as_cut(int position, uint value, string told)
    {
        TestImages.Write(_folder["a.png"], SKColors.Red);
        byte[] png = File.ReadAllBytes(_folder["a.png"]);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(position), value);
        File.WriteAllBytes(_folder["wrong.png"], png);
        Errors.Of(() => Decode("wrong.png", 16)).ShouldStartWith($"{_folder["wrong.png"]}: not a readable JPEG or PNG image ({told}).");
    }

    [Fact]
    public void A_whole_file_that_is_damaged_is_not_named_as_cut()
    {
        byte[] png = Small("a.png");
        int data = png.AsSpan().IndexOf("IDAT"u8) + 4;
        png[data + 20] ^= 0xFF;
        File.WriteAllBytes(_folder["damaged.png"], png);
        Errors.Of(() => Decode("damaged.png", 16))
            .ShouldStartWith($"{_folder["damaged.png"]}: not a readable JPEG or PNG image (damaged).");
    }

    [Theory]
    [InlineData(30_000, 30_000, "30000×30000 pixels are 900 megapixels, above the limit of 120")]
    [InlineData(12_000, 10_010, "12000×10010 pixels are 120.12 megapixels, above the limit of 120")]
    [InlineData(1_000_001, 2, "1000001×2 pixels are longer than the limit of 1000000 a side")]
    public void An_image_of_too_many_pixels_is_refused_by_its_header_with_size_and_limit(int width, int height, string size)
    {
        File.WriteAllBytes(_folder["huge.png"], TestImages.PngOfOneBitPixels(width, height, rows: 1));
        Errors.Of(() => Decode("huge.png", 32)).ShouldBe($"{_folder["huge.png"]}: too large to be decoded: {size}. "
            + "Scale the image down, or remove it.");
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
    public void A_link_to_itself_and_links_in_a_circle_are_called_so()
    {
        File.CreateSymbolicLink(_folder["self.png"], "self.png");
        File.CreateSymbolicLink(_folder["a.png"], _folder["b.png"]);
        File.CreateSymbolicLink(_folder["b.png"], "a.png");
        Errors.Of(() => Decode("self.png", 4)).ShouldBe($"{_folder["self.png"]}: a link to itself. Remove the link.");
        Errors.Of(() => Decode("a.png", 4))
            .ShouldBe($"{_folder["a.png"]}: a link without an end: {_folder["b.png"]} leads in a circle. Remove the link.");
    }

    [Fact]
    public void A_pipe_a_socket_and_a_device_are_named_and_not_waited_for()
    {
        SpecialFiles.MakePipe(_folder["pipe.png"]);
        using Socket socket = SpecialFiles.Listen(_folder["socket.png"]);
        File.CreateSymbolicLink(_folder["device.png"], "/dev/zero");
        foreach ((string name, string kind) in new[] { ("pipe", "a named pipe"), ("socket", "a socket"), ("device", "a device") })
        {
            string path = _folder[$"{name}.png"];
            Errors.Of(() => Decode($"{name}.png", 4)).ShouldBe($"{path}: it is {kind}, but a file is needed. Give a file.");
        }
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
        + "Replace or remove the file.";

    private byte[] Small(string name)
    {
        if (name == "progressive.jpg") { return TestImages.ProgressiveJpeg(64); }
        TestImages.Write(_folder[name], 16, 16, Noise, name == "a.png" ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg);
        byte[] file = File.ReadAllBytes(_folder[name]);
        // A thumbnail is a JPEG file inside of a segment of EXIF's, with an end marker of its own.
        return name == "thumbnail.jpg" ? TestImages.WithSegment(file, marker: 0xE1, [.. "Exif\0\0"u8, .. file]) : file;
    }

    private static SKColor Noise(int x, int y) => new((byte)(x * 37 ^ y * 91), (byte)(x * y), (byte)(x ^ y));

    private byte[] Decode(string name, int size)
    {
        var bytes = new byte[3 * size * size];
        ImageDecoder.Decode(_folder[name], size, bytes);
        return bytes;
    }
}
