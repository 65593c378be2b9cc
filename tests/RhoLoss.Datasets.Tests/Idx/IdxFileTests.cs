using CsCheck;
using RhoLoss.Datasets.Idx;
using RhoLoss.Datasets.Tests.Support;
using RhoLoss.Tests.Support;

namespace RhoLoss.Datasets.Tests.Idx;

/// <summary>Literals follow the format's description at http://yann.lecun.com/exdb/mnist: 00 00, type code, dimensions, sizes.</summary>
public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("images")]
    [InlineData("images.gz")]
    public void Images_have_the_pixels_that_were_written(string name)
    {
        using var check = new NoTensorLeaks();
        IdxFile.WriteImages(_folder[name], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255], rows: 2, columns: 3);
        torch.Tensor images = IdxFile.ReadImages(_folder[name]);
        images.shape.ShouldBe([2, 1, 2, 3]);
        images.dtype.ShouldBe(torch.ScalarType.Byte);
        images.data<byte>().ToArray().ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
    }

    [Theory]
    [InlineData("labels")]
    [InlineData("labels.gz")]
    public void Labels_have_the_values_that_were_written(string name)
    {
        using var check = new NoTensorLeaks();
        IdxFile.WriteLabels(_folder[name], [2, 0, 1, 1]);
        torch.Tensor labels = IdxFile.ReadLabels(_folder[name], 3);
        labels.dtype.ShouldBe(torch.ScalarType.Int64);
        labels.data<long>().ToArray().ShouldBe([2, 0, 1, 1]);
    }

    [Fact]
    public void A_written_file_has_the_header_of_the_format()
    {
        IdxFile.WriteImages(_folder["images"], [9, 8], rows: 1, columns: 2);
        File.ReadAllBytes(_folder["images"]).ShouldBe([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8]);
        IdxFile.WriteLabels(_folder["labels"], [7]);
        File.ReadAllBytes(_folder["labels"]).ShouldBe([0, 0, 8, 1, 0, 0, 0, 1, 7]);
    }

    [Fact]
    public void A_gzipped_file_has_no_name_and_no_time_and_comes_out_the_same_twice()
    {
        IdxFile.WriteLabels(_folder["one.gz"], SmallSets.Labels(500, 10));
        IdxFile.WriteLabels(_folder["two.gz"], SmallSets.Labels(500, 10));
        byte[] bytes = File.ReadAllBytes(_folder["one.gz"]);
        bytes.ShouldBe(File.ReadAllBytes(_folder["two.gz"]));
        bytes[..8].ShouldBe([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);   // RFC 1952: magic, deflate, no flags, no time
    }

    [Fact]
    public void Gzip_is_recognised_by_content_whatever_the_name()
    {
        _folder.File("labels", SmallSets.Gzip([0, 0, 8, 1, 0, 0, 0, 2, 1, 0]));
        _folder.File("labels.gz", 0, 0, 8, 1, 0, 0, 0, 2, 0, 1);
        using var check = new NoTensorLeaks();
        IdxFile.ReadLabels(_folder["labels"], 2).data<long>().ToArray().ShouldBe([1, 0]);
        IdxFile.ReadLabels(_folder["labels.gz"], 2).data<long>().ToArray().ShouldBe([0, 1]);
    }

    [Fact]
    public void Whatever_is_written_is_read_back()
    {
        Gen<((int, int, int) size, byte[] pixels)> images = Gen.Select(Gen.Int[1, 5], Gen.Int[1, 6], Gen.Int[1, 7])
            .SelectMany(size => Gen.Byte.Array[size.Item1 * size.Item2 * size.Item3].Select(pixels => (size, pixels)));
        images.Sample(
            example =>
            {
                using DisposeScope scope = torch.NewDisposeScope();
                string path = _folder[$"images{Environment.CurrentManagedThreadId}.gz"];
                IdxFile.WriteImages(path, example.pixels, example.size.Item2, example.size.Item3);
                torch.Tensor read = IdxFile.ReadImages(path);
                return read.shape.SequenceEqual([example.size.Item1, 1, example.size.Item2, example.size.Item3])
                    && read.data<byte>().ToArray().SequenceEqual(example.pixels);
            },
            iter: 50,
            threads: 1);
    }

    [Fact]
    public void Qmnist_labels_keep_all_eight_columns()
    {
        using var check = new NoTensorLeaks();
        SmallSets.WriteQmnistLabels(_folder["labels.gz"], 12);
        torch.Tensor labels = IdxFile.ReadQmnistLabels(_folder["labels.gz"]);
        labels.shape.ShouldBe([12, 8]);
        labels.dtype.ShouldBe(torch.ScalarType.Int64);
        labels[11].data<long>().ToArray().ShouldBe([1, 1_011, 2_011, 3_011, 4_011, 5_011, 6_011, 7_011]);
    }

    [Fact]
    public void Qmnist_labels_with_seven_columns_are_refused()
    {
        SmallSets.WriteQmnistLabels(_folder["labels"], 10, columns: 7);
        Errors.Of(() => IdxFile.ReadQmnistLabels(_folder["labels"])).ShouldSatisfyAllConditions(
            m => m.ShouldContain(_folder["labels"]), m => m.ShouldContain("8 columns"), m => m.ShouldContain("has 7"));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        Errors.Of(() => IdxFile.ReadImages(_folder["nothing"])).ShouldContain(_folder["nothing"]);
    }

    [Theory]
    [InlineData(new byte[] { }, "ends after 0 bytes")]
    [InlineData(new byte[] { 0, 0, 8 }, "ends after 3 bytes")]
    [InlineData(new byte[] { 0x89, 0x50, 8, 1, 0, 0, 0, 1, 0 }, "starts with 89 50")]
    [InlineData(new byte[] { 0, 0, 0x0D, 1, 0, 0, 0, 1, 0, 0, 0, 0 }, "type code must be 08 (uint8) or 0c (int32), but is 0d")]
    [InlineData(new byte[] { 0, 0, 8, 0 }, "1 to 4 dimensions, but this one says 0")]
    [InlineData(new byte[] { 0, 0, 8, 5 }, "1 to 4 dimensions, but this one says 5")]
    [InlineData(new byte[] { 0, 0, 8, 3, 0, 0, 0, 1, 0, 0 }, "before the size of dimension 2 of 3")]
    [InlineData(new byte[] { 0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 }, "dimension 1 is 0")]
    [InlineData(new byte[] { 0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 1 }, "dimension 1 is -1")]
    [InlineData(new byte[] { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3 }, "which is 4 bytes, but only 3 follow")]
    [InlineData(new byte[] { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5 }, "which is 4 bytes, but more follow")]
    [InlineData(new byte[] { 0, 0, 8, 1, 0, 0, 0, 1, 0 }, "an images file (idx3-ubyte) has 3 dimensions")]
    [InlineData(new byte[] { 0, 0, 12, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 }, "type SignedInteger")]
    public void A_damaged_images_file_is_refused_plain_and_gzipped(byte[] content, string rule)
    {
        _folder.File("images", content);
        _folder.File("images.gz", SmallSets.Gzip(content));
        foreach (string name in new[] { "images", "images.gz" })
        {
            Errors.Of(() => IdxFile.ReadImages(_folder[name])).ShouldSatisfyAllConditions(
                m => m.ShouldStartWith(_folder[name]), m => m.ShouldContain(rule));
        }
    }

    [Fact]
    public void A_header_that_promises_two_gigabytes_does_not_allocate_them()
    {
        byte[] header = [0, 0, 8, 3, 0, 0, 0x80, 0, 0, 0, 0x01, 0, 0, 0, 0, 0xff];   // 32,768 × 256 × 255 = 2,139,095,040 bytes
        _folder.File("images.gz", SmallSets.Gzip([.. header, 1, 2, 3]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Errors.Of(() => IdxFile.ReadImages(_folder["images.gz"])).ShouldContain("2139095040 bytes, but only 3 follow");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(8_000_000);
    }

    [Fact]
    public void A_header_whose_size_overflows_is_refused()
    {
        byte[] most = [0x7f, 0xff, 0xff, 0xff];
        _folder.File("images", [0, 0, 8, 4, .. most, .. most, .. most, .. most, 0]);
        Errors.Of(() => IdxFile.ReadImages(_folder["images"])).ShouldContain("more than the");
    }

    [Fact]
    public void A_cut_or_damaged_gzip_file_is_refused()
    {
        byte[] pixels = new byte[4_000];
        Random.Shared.NextBytes(pixels);   // any content: random bytes do not compress, so a cut always loses some
        IdxFile.WriteImages(_folder["images.gz"], pixels, 20, 20);
        byte[] whole = File.ReadAllBytes(_folder["images.gz"]);
        // The last eight bytes are CRC and length: without them the content is still complete, and .NET accepts the file.
        foreach (int length in new[] { 2, 15, whole.Length / 2, whole.Length - 9 })
        {
            _folder.File("cut.gz", whole[..length]);
            Errors.Of(() => IdxFile.ReadImages(_folder["cut.gz"])).ShouldStartWith(_folder["cut.gz"]);
        }
        whole[^6] ^= 0xff;   // inside the CRC
        _folder.File("wrong.gz", whole);
        Errors.Of(() => IdxFile.ReadImages(_folder["wrong.gz"])).ShouldContain("damaged");
    }

    [Fact]
    public void A_label_out_of_range_is_named_with_its_position()
    {
        IdxFile.WriteLabels(_folder["labels"], [0, 1, 2, 3, 1]);
        Errors.Of(() => IdxFile.ReadLabels(_folder["labels"], 3)).ShouldSatisfyAllConditions(
            m => m.ShouldStartWith(_folder["labels"]), m => m.ShouldContain("0..2"), m => m.ShouldContain("example 3 has label 3"));
    }

    [Fact]
    public void A_class_without_examples_is_named()
    {
        IdxFile.WriteLabels(_folder["labels"], [0, 1, 4]);
        Errors.Of(() => IdxFile.ReadLabels(_folder["labels"], 5)).ShouldContain("classes 2, 3 have none");
        IdxFile.WriteLabels(_folder["labels"], [0, 2]);
        Errors.Of(() => IdxFile.ReadLabels(_folder["labels"], 3)).ShouldContain("class 1 has none");
    }

    [Fact]
    public void Images_and_labels_must_be_equally_many()
    {
        IdxFile.WriteImages(_folder["images"], [1, 2, 3], 1, 1);
        IdxFile.WriteLabels(_folder["labels"], [0, 1]);
        Errors.Of(() => IdxFile.ReadPair(_folder["images"], _folder["labels"], 2)).ShouldSatisfyAllConditions(
            m => m.ShouldContain($"{_folder["images"]} has 3 images"), m => m.ShouldContain($"{_folder["labels"]} has 2 labels"));
    }

    [Fact]
    public void A_refused_file_leaves_no_tensor_behind()
    {
        IdxFile.WriteLabels(_folder["labels"], [0, 7]);
        using var check = new NoTensorLeaks();
        Errors.Of(() => IdxFile.ReadLabels(_folder["labels"], 2)).ShouldContain("label 7");
    }

    [Fact]
    public void Pixels_that_are_not_whole_images_are_not_written()
    {
        Should.Throw<ArgumentException>(() => IdxFile.WriteImages(_folder["images"], [1, 2, 3], 2, 1));
        Should.Throw<ArgumentException>(() => IdxFile.WriteLabels(_folder["labels"], []));
        File.Exists(_folder["images"]).ShouldBeFalse();
    }

    public void Dispose() => _folder.Dispose();
}
