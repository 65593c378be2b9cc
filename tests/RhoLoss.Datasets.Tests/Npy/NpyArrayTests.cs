using RhoLoss.Datasets.Npy;
using RhoLoss.Datasets.Tests.Support;

namespace RhoLoss.Datasets.Tests.Npy;

public sealed class NpyArrayTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void An_array_is_read_in_every_version(byte version)
    {
        var array = NpyArray.Read(_folder.File("a.npy", NpyFile.Of("|u1", "(2, 3)", [1, 2, 3, 4, 5, 6], version: version)));
        array.ElementType.ShouldBe(NpyElementType.UnsignedByte);
        array.Dimensions.ShouldBe([2, 3]);
        array.Payload.ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public void Floats_and_long_integers_keep_their_values()
    {
        NpyArray.Read(_folder.File("f.npy", NpyFile.Floats("(3,)", 0.5f, -1.25f, float.MaxValue))).Floats.ToArray()
            .ShouldBe([0.5f, -1.25f, float.MaxValue]);
        NpyArray.Read(_folder.File("l.npy", NpyFile.Longs("(2, 1)", 7, long.MinValue))).Longs.ToArray().ShouldBe([7, long.MinValue]);
    }

    // The header of three uint8 by NumPy's format description, version 1.0: keys sorted, spaces up to a multiple of 64 bytes, a line feed.
    [Fact]
    public void A_header_as_the_format_describes_it_is_read()
    {
        byte[] header =
        [
            0x93, .. "NUMPY"u8, 1, 0, 0x76, 0, .. "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"u8,
            .. Enumerable.Repeat((byte)' ', 60), (byte)'\n',
        ];
        header.Length.ShouldBe(128);
        NpyArray.Read(_folder.File("a.npy", [.. header, 0, 1, 2])).Payload.ShouldBe([0, 1, 2]);
    }

    [Fact]
    public void Entries_come_in_any_order_and_the_file_may_be_gzipped()
    {
        byte[] file = NpyFile.WithHeader("{'shape':(2,),'descr':'|u1','fortran_order':False}", [8, 9]);
        NpyArray.Read(_folder.File("a.npy.gz", SmallSets.Gzip(file))).Payload.ShouldBe([8, 9]);
    }

    [Fact]
    public void A_file_of_another_kind_is_refused()
    {
        Of([.. "PL\u0003\u0004 none"u8]).ShouldBe("a .npy file starts with 934e554d5059, but this one starts with 504c0304206e. "
            + "Give a file that numpy.save wrote, plain or gzipped.");
        Of([.. "PK\u0003\u0004 a zip"u8]).ShouldBe(
            "it is a ZIP archive, as .xlsx and .npz files are. Give the file in it, or export it again.");
        Of([0x93, .. "NUM"u8]).ShouldBe("the file ends inside its .npy header. It is truncated; export it again.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Another_version_is_refused(byte version) => Of(NpyFile.Of("|u1", "(1,)", [1], version: version))
        .ShouldStartWith($"the version of a .npy file must be 1, 2 or 3, but is {version}.0.");

    [Fact]
    public void Fortran_order_is_refused() =>
        Of(NpyFile.Of("<f4", "(2, 2)", new byte[16], fortranOrder: "True")).ShouldBe("the array must be in C order, 'fortran_order': "
            + "False, but fortran_order is True. Export it again with numpy.save from a contiguous array.");

    [Theory]
    [InlineData("<f8")]
    [InlineData(">f4")]
    [InlineData("<i4")]
    [InlineData("|b1")]
    public void Another_element_type_is_refused(string descr) =>
        Of(NpyFile.Of(descr, "(1,)", new byte[8])).ShouldBe(
            $"elements must be '<f4' (float32), '|u1' (uint8) or '<i8' (int64), but are '{descr}'. Convert the array before exporting it.");

    [Theory]
    [InlineData("(0, 3)", "every dimension must be a whole number from 1 to 2147483647, but the shape is (0, 3).")]
    [InlineData("(3000000000,)", "every dimension must be a whole number from 1 to 2147483647, but the shape is (3000000000,).")]
    [InlineData("()", "an array must have at least one dimension, but the shape is ().")]
    [InlineData("(2000000000, 2)", "the header says [2000000000, 2], which is more than the ")]
    public void A_shape_that_is_none_is_refused(string shape, string rule) => Of(NpyFile.Of("|u1", shape, [1, 2])).ShouldStartWith(rule);

    [Theory]
    [InlineData("{'descr': '|u1', 'shape': (2,), }")]
    [InlineData("{'descr': '|u1', 'descr': '|u1', 'shape': (2,), }")]
    [InlineData("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2,), }")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'more': 1}")]
    [InlineData("{'descr': (2,), 'fortran_order': False, 'shape': '|u1', }")]
    [InlineData("not a dictionary")]
    [InlineData("")]
    public void A_header_that_is_not_understood_is_shown(string header) =>
        Of(NpyFile.WithHeader(header, [1, 2])).ShouldStartWith(
            $"the header of a .npy file must name 'descr', 'fortran_order' and 'shape' of a plain array, but is {header}.");

    [Fact]
    public void A_header_length_that_cannot_be_is_refused() =>
        Of([0x93, .. "NUMPY"u8, 2, 0, 0xff, 0xff, 0xff, 0xff])
            .ShouldStartWith("the header of a .npy file has at most 65536 bytes here, but this one says 4294967295.");

    [Fact]
    public void A_truncated_file_and_one_with_more_bytes_are_refused()
    {
        byte[] whole = NpyFile.Of("|u1", "(2, 3)", [1, 2, 3, 4, 5, 6]);
        Of(whole[..^1]).ShouldBe("the header says [2, 3], which is 6 bytes, but only 5 follow. The file is truncated; fetch it again.");
        Of(whole[..40]).ShouldBe("the file ends inside its .npy header. It is truncated; export it again.");
        Of([.. whole, 7]).ShouldStartWith("the header says [2, 3], which is 6 bytes, but more follow.");
    }

    /// <summary>What is said of a file, without the name it starts with.</summary>
    private string Of(byte[] content)
    {
        string path = _folder.File("bad.npy", content), message = Errors.Of(() => NpyArray.Read(path));
        message.ShouldStartWith(path + ": ");
        return message[(path.Length + 2)..];
    }

    public void Dispose() => _folder.Dispose();
}
