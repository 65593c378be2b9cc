using CsCheck;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;
using RhoLoss.Tests.Training;
using static TorchSharp.torch;

namespace RhoLoss.Tests.Serialization;

public sealed class SafetensorsRefusalTests
{
    [Theory]   // header, bytes of data, what the message must say
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12,
        "'b' starts at 4, but the one before ends at 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4,
        "starts at 0, but the one before ends at 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12,
        "'b' starts at 8, but the one before ends at 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "'a' starts at 4, but the one before ends at 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "tensors take 4 bytes, but 8 are there")]
    [InlineData("{}", 1, "tensors take 0 bytes, but 1 are there")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4, "'a' has the type F8_E4M3, which cannot be read")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,5]}}""", 5,
        "shape [4] and type F8_E4M3 does not fill its 5 bytes")]
    // 12 bits
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, "shape [3] and type F4 does not fill its 1 bytes")]
    [InlineData("""{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"F8_E9M9","shape":[0],"data_offsets":[2,2]}}""", 2,
        "unknown type 'F8_E9M9'")]
    [InlineData("""{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown type 'f32'")]
    [InlineData("""{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}""", 4, "the type of tensor 'a' is no text")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "shape [2] and type F32 does not fill its 4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}""", 4, "shape [-1, -1]")]
    // 2^64 elements are 0 when the product wraps.
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "does not fill")]
    // So do these, on the way to 0.
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,0],"data_offsets":[0,0]}}""", 0, "does not fill")]
    // A stride of 2^64.
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "does not fill")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}""", 6, "the dimensions of tensor 'a' are no whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "the dimensions of tensor 'a' are no list")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", 4, "outside the 4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 4, "outside")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "outside")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "outside")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 8, "has 3 offsets, and 2 is the limit")]
    [InlineData("""{"a":{"dtype":"F16","dtype":"BF16","shape":[1],"data_offsets":[0,2]}}""", 2,
        "'dtype' occurs twice in the entry of tensor 'a'")]
    [InlineData("""{"a\nb":{"dtype":"?","shape":[1],"data_offsets":[0,2]}}""", 2, "tensor 'a b' has")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}""", 4,
        "the offsets of tensor 'a' are no whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":["0","4"]}}""", 4, "the offsets of tensor 'a' are no whole numbers")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "cannot be read")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "cannot be read")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "cannot be read")]
    [InlineData("""{"a":[]}""", 0, "the entry of tensor 'a' is no object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8,
        "'a' occurs twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "'__metadata__' occurs twice")]
    [InlineData("""{"__metadata__":{"x":"1","x":"2"}}""", 0, "'x' occurs twice in its metadata")]
    [InlineData("""{"__metadata__":{"x":1}}""", 0, "its metadata 'x' is no text")]
    [InlineData("""{"__metadata__":{"x":null}}""", 0, "its metadata 'x' is no text")]
    [InlineData("""{"__metadata__":7}""", 0, "its metadata is no object")]
    [InlineData("[]", 0, "does not begin with '{'")]
    [InlineData("not json", 0, "cannot be read")]
    [InlineData("{} x", 0, "its header cannot be read (it is no JSON from line 1, byte 4 on). Copy or download it again.")]
    [InlineData("{\n\"a\": x}", 0, "its header cannot be read (it is no JSON from line 2, byte 6 on). Copy or download it again.")]
    [InlineData("""{"__metadata__":{"x":"\ud800"}}""", 0, "half of a character")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "half of a character")]   // half of a surrogate pair
    [InlineData("""{"__metadata__":{"rholoss-sha256":"00"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1,
        "is damaged: its SHA-256 is")]
    [InlineData("""{"__metadata__":{"sha256":"00","format":"rholoss-checkpoint/1"}}""", 0, "is damaged: its SHA-256 is")]
    [InlineData("""{"__metadata__":{"sha256":"00","irreducible-losses":"1 2 3"}}""", 0, "is damaged: its SHA-256 is")]
    public void A_header_that_breaks_a_rule_is_refused_with_file_and_rule(string header, int dataBytes, string rule)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Foreign.Write(folder.File("t"), header, new byte[dataBytes]);
        string message = Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message;
        message.ShouldContain(folder.File("t"));
        message.ShouldContain(rule);
        message.ShouldNotContain("LineNumber");   // .NET's own words
        message.ShouldNotContain("element");
    }

    [Theory]
    [InlineData(-1L)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(0L)]
    [InlineData(1L)]
    [InlineData(100_000_001L)]      // above the limit of the reference implementation
    public void A_header_length_that_cannot_be_is_refused(long length)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Foreign.Write(folder.File("t"), "{}", [], length);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message
            .ShouldContain($"header length is {length}");
        Should.Throw<InvalidInputException>(() => SafetensorsFile.ReadMetadata(folder.File("t"))).Message
            .ShouldContain($"header length is {length}");
    }

    // Opened, a pipe would be waited for without end.
    [Fact]
    public void What_is_no_file_is_refused_before_it_is_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo(1) and statx(2) are Linux's");
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [folder.File("pipe")])) { mkfifo.WaitForExit(); }

        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("pipe"))).Message
            .ShouldBe($"{folder.File("pipe")}: it is a named pipe, but a file is needed. Give a file.");
        Should.Throw<InvalidInputException>(() => SafetensorsFile.ReadMetadata("/dev/zero")).Message
            .ShouldStartWith("/dev/zero: it is a device");
        File.CreateSymbolicLink(folder.File("self"), "self");
        foreach (string path in (string[])[folder.File("self"), Path.Combine(folder.File("self"), "weights")])
        {
            Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(path)).Message
                .ShouldBe($"{folder.File("self")}: a link to itself. Remove the link.");
        }
    }

    [Fact]
    public void A_file_that_ends_before_its_header_or_its_data_does_is_called_cut_short()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string header = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""";
        int end = 8 + header.Length;
        foreach (int bytes in new[] { 11, 8, 5, 0 })   // within b, before it, within a, before it
        {
            Foreign.Write(folder.File("t"), header, new byte[bytes]);
            Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message.ShouldBe(
                $"{folder.File("t")} is cut short: it has {end + bytes} of the {end + 12} bytes that its header states. "
                + "Copy or download it again.");
        }
        Foreign.Write(folder.File("t"), header[..50], [], header.Length);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message.ShouldBe(
            $"{folder.File("t")} is cut short: it has 58 bytes, and its header alone ends at {end}. Copy or download it again.");
    }

    [Fact]
    public void Tensors_that_would_end_near_the_largest_number_are_no_overflow()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        const long most = (1L << 60) - 1;   // bytes of which the bits are a number of 64 bits; eight end at 2^63 − 8
        string[] entries = [.. Enumerable.Range(0, 8).Select(i => $$"""
            "{{i}}":{"dtype":"U8","shape":[{{most}}],"data_offsets":[{{i * most}},{{(i + 1) * most}}]}
            """)];
        string header = $"{{{string.Join(',', entries)}}}";
        Foreign.Write(folder.File("t"), header, [1]);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message.ShouldContain(
            $"is cut short: it has {header.Length + 9} of the {(Int128)long.MaxValue - 7 + header.Length + 8} bytes");
    }

    [Fact]
    public void A_shape_of_many_dimensions_and_a_deeply_nested_header_are_refused()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Foreign.Write(folder.File("t"),
            $$$"""{"a":{"dtype":"U8","shape":[{{{string.Join(',', Enumerable.Repeat(1, 65))}}}],"data_offsets":[0,1]}}""", [0]);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message
            .ShouldContain("'a' has 65 dimensions, and 64 is the limit");
        Foreign.Write(folder.File("t"), $$"""{"a":{{new string('[', 1_000_000)}}{{new string(']', 1_000_000)}}}""", []);
        string message = Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message;
        message.ShouldContain("its header cannot be read");
        message.Length.ShouldBeLessThan(500);
        Foreign.Write(folder.File("t"), $$$"""{"{{{new string('x', 1_000_000)}}}":{"dtype":"?","shape":[],"data_offsets":[0,0]}}""", []);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message.Length.ShouldBeLessThan(500);
    }

    [Fact]
    public void A_byte_that_is_neither_true_nor_false_is_refused()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Foreign.Write(folder.File("t"), """{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}""", [1, 2]);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message
            .ShouldContain("'a' of type BOOL has a byte that is neither 0 nor 1");
    }

    [Fact]
    public void A_path_that_cannot_be_and_a_pipe_are_refused()
    {
        using var check = new NoTensorLeaks();
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read("a\0b")).Message.ShouldStartWith("Cannot read");
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        string reading = $"/proc/self/fd/{pipe.GetClientHandleAsString()}";
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(reading)).Message
            .ShouldBe($"{reading}: it is a named pipe, but a file is needed. Give a file.");
    }

    [Fact]
    public void A_file_shorter_than_its_prefix_is_refused()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("t"), [1, 2, 3]);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("t"))).Message.ShouldContain("has 3 bytes");
    }

    [Fact]
    public void A_file_cut_at_any_sixteenth_of_its_length_is_refused()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        byte[] whole = Sample(folder);
        for (int sixteenth = 0; sixteenth < 16; sixteenth++)
        {
            File.WriteAllBytes(folder.File("cut"), whole[..(whole.Length * sixteenth / 16)]);
            Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("cut")), $"{sixteenth}/16");
        }
        File.WriteAllBytes(folder.File("cut"), [.. whole, 0]);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("cut")), "one byte more");
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_leaves_every_tensor_and_value_as_it_was()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        byte[] whole = Sample(folder);
        (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) written = SafetensorsFile.Read(folder.File("t"));
        int same = 0, unverified = 0;
        for (int bit = 0; bit < whole.Length * 8; bit++)   // small enough to try every one
        {
            using IDisposable scope = NewDisposeScope();
            Flip(folder.File("flip"), whole, bit);
            try
            {
                (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(folder.File("flip"));
                ShouldBeSameTensors(tensors, written.Tensors);
                if (metadata.ContainsKey(SafetensorsFile.ChecksumKey))
                {
                    metadata.ShouldBe(written.Metadata, ignoreOrder: true);
                    same++;
                }
                else
                {
                    metadata.Where(m => written.Metadata.ContainsKey(m.Key))
                        .ShouldBe(written.Metadata.Where(m => m.Key != SafetensorsFile.ChecksumKey), ignoreOrder: true);
                    unverified++;
                }
            }
            catch (InvalidInputException)
            {
            }
        }
        same.ShouldBe(1);                             // \u00E9 for \u00e9, which means the same
        unverified.ShouldBeInRange(1, "rholoss-sha256".Length * 8);   // the key misspelt: a file of another tool, as far as one can tell
    }

    [Fact]
    public void Where_a_checksum_is_required_a_random_flipped_bit_of_random_content_is_refused_or_harmless()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        Gen<(string, string, float[], int)> contents =
            Gen.Select(Gen.String[0, 8], Gen.String[0, 8], Gen.Float.Array[0, 6], Gen.Int[0, int.MaxValue]);
        contents.Sample((name, value, numbers, random) =>
        {
            if (!IsText(name) || !IsText(value)) { return; }
            using IDisposable scope = NewDisposeScope();
            var content = new Dictionary<string, Tensor> { ["x" + name] = tensor(numbers) };
            SafetensorsFile.Write(folder.File("t"), content, new Dictionary<string, string> { ["y" + name] = value });
            byte[] whole = File.ReadAllBytes(folder.File("t"));
            Flip(folder.File("flip"), whole, random % (whole.Length * 8));
            try
            {
                (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(folder.File("flip"),
                    requireChecksum: true);
                ShouldBeSameTensors(tensors, content);
                metadata["y" + name].ShouldBe(value);
                metadata.Count.ShouldBe(2);
            }
            catch (InvalidInputException)
            {
            }
        }, iter: 2_000, threads: 1);
    }

    [Fact]
    public void Random_bytes_are_refused_without_any_other_exception()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        // A true header length, so that the parser sees the bytes; those that happen to be a valid file ("{}" and spaces) are few and fine.
        Gen.Byte[0x20, 0x7E].Array[2, 40].Sample(json =>
        {
            using IDisposable scope = NewDisposeScope();
            Foreign.Write(folder.File("t"), System.Text.Encoding.ASCII.GetString(json), []);
            try { SafetensorsFile.Read(folder.File("t")); } catch (InvalidInputException) { }
        }, iter: 1_000, threads: 1);
    }

    /// <summary>Whether the string is valid UTF-16, which JSON can carry.</summary>
    private static bool IsText(string text) => !text.Any(char.IsSurrogate);

    private static void Flip(string path, byte[] whole, int bit)
    {
        byte[] damaged = [.. whole];
        damaged[bit / 8] ^= (byte)(1 << bit % 8);
        File.WriteAllBytes(path, damaged);
    }

    private static void ShouldBeSameTensors(Dictionary<string, Tensor> actual, Dictionary<string, Tensor> expected)
    {
        actual.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach ((string name, Tensor tensor) in expected)
        {
            actual[name].dtype.ShouldBe(tensor.dtype);
            actual[name].shape.ShouldBe(tensor.shape);
            Toys.Bits(actual[name]).ShouldBe(Toys.Bits(tensor));
        }
    }

    private static byte[] Sample(TemporaryFolder folder)
    {
        using IDisposable scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["weights é"] = tensor([1f, 2f, 3f]),
            ["ids"] = tensor([1L, 2L]),
            ["nothing"] = zeros(0, 2),
            ["flag"] = tensor([true]),
        };
        SafetensorsFile.Write(folder.File("t"), tensors, new Dictionary<string, string> { ["format"] = "sample/1", ["steps"] = "7" });
        return File.ReadAllBytes(folder.File("t"));
    }
}
