using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Serialization;

public sealed class SafetensorsRoundTripTests
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    /// <summary>The types of the format that LibTorch's CPU tensors have, with the names of the safetensors documentation.</summary>
    public static TheoryData<ScalarType, string, int> Types => new()
    {
        { ScalarType.Float64, "F64", 8 }, { ScalarType.Float32, "F32", 4 }, { ScalarType.Float16, "F16", 2 },
        { ScalarType.BFloat16, "BF16", 2 },
        { ScalarType.Int64, "I64", 8 }, { ScalarType.Int32, "I32", 4 }, { ScalarType.Int16, "I16", 2 }, { ScalarType.Int8, "I8", 1 },
        { ScalarType.Byte, "U8", 1 }, { ScalarType.Bool, "BOOL", 1 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_comes_back_bit_for_bit_under_its_published_name(ScalarType type, string name, int size)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Tensor values = arange(-3, 3, float32).reshape(2, 3).to(type);
        SafetensorsFile.Write(folder.File("t"), new Dictionary<string, Tensor> { ["x"] = values }, NoMetadata);

        Tensor read = SafetensorsFile.Read(folder.File("t")).Tensors["x"];
        read.dtype.ShouldBe(type);
        read.shape.ShouldBe([2, 3]);
        Toys.Bits(read).ShouldBe(Toys.Bits(values));
        JsonElement entry = HeaderOf(File.ReadAllBytes(folder.File("t"))).GetProperty("x");
        entry.GetProperty("dtype").GetString().ShouldBe(name);
        entry.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt32()).ShouldBe([0, 6 * size]);
    }

    [Fact]
    public void Scalars_empty_tensors_and_views_of_others_come_back()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Tensor matrix = arange(12, float32).reshape(3, 4);
        var tensors = new Dictionary<string, Tensor>
        {
            ["scalar"] = tensor(2.5f),
            ["empty"] = empty(0, 3),
            ["a slice"] = matrix.slice(0, 1, 2, 1),        // contiguous, but not from the start of its storage
            ["columns"] = matrix.slice(1, 0, 4, 2),
            ["transposed"] = matrix.t(),
            ["expanded"] = tensor([7f]).expand(5),
            ["a parameter"] = nn.Parameter(ones(2)),
        };
        SafetensorsFile.Write(folder.File("t"), tensors, NoMetadata);

        Dictionary<string, Tensor> read = SafetensorsFile.Read(folder.File("t")).Tensors;
        read.Keys.ShouldBe(tensors.Keys, ignoreOrder: true);
        read["scalar"].shape.ShouldBeEmpty();
        read["scalar"].item<float>().ShouldBe(2.5f);
        read["empty"].shape.ShouldBe([0, 3]);
        Toys.Floats(read["a slice"]).ShouldBe([4, 5, 6, 7]);
        Toys.Floats(read["columns"].flatten()).ShouldBe([0, 2, 4, 6, 8, 10]);
        read["transposed"].shape.ShouldBe([4, 3]);
        Toys.Floats(read["transposed"].flatten()).ShouldBe([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
        Toys.Floats(read["expanded"]).ShouldBe([7, 7, 7, 7, 7]);
        Toys.Floats(read["a parameter"]).ShouldBe([1, 1]);
        read["a parameter"].requires_grad.ShouldBeFalse();
    }

    [Fact]
    public void Names_and_metadata_that_json_must_escape_come_back()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string[] names =
        [
            "", "a.b/c", "quote\" backslash\\ slash/", "tab\t newline\n nul\0 bell\u0007", "é 漢 \U0001F600", "<&>'+", "{\"dtype\":1}",
        ];
        Dictionary<string, Tensor> tensors = names.ToDictionary(n => n, n => tensor([(float)n.Length]));
        Dictionary<string, string> metadata = names.ToDictionary(n => "key " + n, n => "value " + n);
        SafetensorsFile.Write(folder.File("t"), tensors, metadata);

        (Dictionary<string, Tensor> read, Dictionary<string, string> text) = SafetensorsFile.Read(folder.File("t"));
        read.Keys.ShouldBe(names, ignoreOrder: true);
        foreach (string name in names)
        {
            read[name].item<float>().ShouldBe(name.Length);
            text["key " + name].ShouldBe("value " + name);
        }
        text.Count.ShouldBe(names.Length + 1);   // the checksum besides
    }

    [Fact]
    public void The_file_follows_the_published_format()
    {
        // https://github.com/huggingface/safetensors#format: 8 bytes N, little-endian; N bytes of JSON that begin with '{' and may end in
        // spaces; then the data without holes. "__metadata__" is a map from string to string.
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder.File("t"), new Dictionary<string, Tensor> { ["b"] = tensor([1f, -2f]), ["a"] = tensor([258L]) },
            new Dictionary<string, string> { ["format"] = "pt" });
        byte[] file = File.ReadAllBytes(folder.File("t"));
        long length = BinaryPrimitives.ReadInt64LittleEndian(file);
        file[8].ShouldBe((byte)'{');
        (length % 8).ShouldBe(0);
        JsonElement header = HeaderOf(file);
        header.EnumerateObject().Select(p => p.Name).ShouldBe(["__metadata__", "a", "b"], ignoreOrder: true);
        header.GetProperty("__metadata__").GetProperty("format").GetString().ShouldBe("pt");
        header.GetProperty("__metadata__").GetProperty("rholoss-sha256").GetString()!.Length.ShouldBe(64);
        header.GetProperty("a").GetRawText().ShouldBe("""{"dtype":"I64","shape":[1],"data_offsets":[0,8]}""");
        header.GetProperty("b").GetRawText().ShouldBe("""{"dtype":"F32","shape":[2],"data_offsets":[8,16]}""");
        // 258 = 0x102; 1.0f = 0x3F800000; −2.0f = 0xC0000000 (IEEE 754), all little-endian
        file[(8 + (int)length)..].ShouldBe([2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]);
    }

    [Fact]
    public void A_file_of_another_tool_without_checksum_is_read_unless_one_is_required()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        // As the Python package lays it out: entries in any order of offsets, no metadata, no padding.
        Foreign.Write(
            folder.File("t"),
            """{"w":{"dtype":"F32","shape":[1],"data_offsets":[2,6]},"h":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}""",
            [0x00, 0x3C, 0, 0, 0x80, 0x3F]);
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(folder.File("t"));
        tensors["w"].item<float>().ShouldBe(1f);                    // 0x3F800000
        tensors["h"].to(float32).item<float>().ShouldBe(1f);        // 0x3C00
        metadata.ShouldBeEmpty();
        SafetensorsFile.ReadMetadata(folder.File("t")).ShouldBeEmpty();
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"), requireChecksum: true)).Message
            .ShouldContain("no 'rholoss-sha256'");
    }

    [Fact]
    public void A_checksum_of_another_tool_is_read_over_and_one_of_before_is_verified()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        // A file of before, written by its rules: SHA-256 over "name|type|shape|", data, and "key=value\n" of the other metadata.
        string ours = Convert.ToHexStringLower(SHA256.HashData([.. "w|U8|2|"u8, 1, 2, .. "format=weights\n"u8]));
        foreach ((string sha256, bool verified) in new[] { (new string('0', 64), false), (ours, true) })
        {
            string header =
                $$$"""{"__metadata__":{"sha256":"{{{sha256}}}","format":"weights"},"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""";
            Foreign.Write(folder.File("t"), header, [1, 2]);
            (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(folder.File("t"));
            Toys.Bits(tensors["w"]).Length.ShouldBeGreaterThan(0);
            metadata.ContainsKey(SafetensorsFile.ChecksumKey).ShouldBe(verified);
            if (verified)
            {
                SafetensorsFile.Read(folder.File("t"), requireChecksum: true).Metadata[SafetensorsFile.ChecksumKey].ShouldBe(ours);
            }
            else
            {
                Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"), requireChecksum: true)).Message
                    .ShouldContain("is damaged");
            }
        }
    }

    [Fact]
    public void A_tensor_larger_than_one_piece_comes_back_and_is_verified_to_its_end()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Tensor large = arange(2_500_000, int64);   // 20 MB, pieces have 16 MiB
        SafetensorsFile.Write(folder.File("t"), new Dictionary<string, Tensor> { ["x"] = large }, NoMetadata);
        SafetensorsFile.Read(folder.File("t")).Tensors["x"].eq(large).all().item<bool>().ShouldBeTrue();
        byte[] file = File.ReadAllBytes(folder.File("t"));
        file[^1] ^= 1;
        File.WriteAllBytes(folder.File("t"), file);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message.ShouldContain("is damaged");
    }

    [Fact]
    public void A_file_without_tensors_and_one_with_an_empty_header_are_read()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder.File("t"), new Dictionary<string, Tensor>(), new Dictionary<string, string> { ["a"] = "b" });
        SafetensorsFile.Read(folder.File("t")).Tensors.ShouldBeEmpty();
        SafetensorsFile.ReadMetadata(folder.File("t"))["a"].ShouldBe("b");
        Foreign.Write(folder.File("u"), "{}", []);
        SafetensorsFile.Read(folder.File("u")).Tensors.ShouldBeEmpty();
    }

    [Fact]
    public void A_type_that_the_format_does_not_have_is_refused_and_nothing_written()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Tensor complex = zeros(2, dtype: complex64);
        Should.Throw<ArgumentException>(
            () => SafetensorsFile.Write(folder.File("t"), new Dictionary<string, Tensor> { ["z"] = complex }, NoMetadata)).Message
            .ShouldContain("'z'");
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Equal_content_gives_equal_files_whatever_the_order_of_insertion()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Tensor one = ones(2), two = zeros(3);
        SafetensorsFile.Write(folder.File("t"),
            new Dictionary<string, Tensor> { ["a"] = one, ["b"] = two }, new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" });
        SafetensorsFile.Write(folder.File("u"),
            new Dictionary<string, Tensor> { ["b"] = two, ["a"] = one }, new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" });
        File.ReadAllBytes(folder.File("u")).ShouldBe(File.ReadAllBytes(folder.File("t")));
    }

    private static JsonElement HeaderOf(byte[] file) =>
        JsonDocument.Parse(Encoding.UTF8.GetString(file, 8, (int)BinaryPrimitives.ReadInt64LittleEndian(file))).RootElement;
}

/// <summary>Writes a safetensors file byte by byte, valid or not.</summary>
internal static class Foreign
{
    public static void Write(string path, string header, byte[] data, long? headerLength = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] file = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, headerLength ?? json.Length);
        json.CopyTo(file, 8);
        data.CopyTo(file, 8 + json.Length);
        File.WriteAllBytes(path, file);
    }
}
