using System.Text;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;

namespace RhoLoss.Tests.Serialization;

public sealed class ForeignFormatTests
{
    /// <summary>
    /// Files that are taken for safetensors, and the words that must name them. First bytes are those of the formats' specifications.
    /// </summary>
    public static TheoryData<byte[], string> Files => new()
    {
        { [], "it is empty" },
        { Text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46830571\n"), "a Git LFS pointer" },
        { Text("<!doctype html><title>Sign in</title>"), "a web page" },
        { Text("\n\n  <HTML lang=\"en\"><head>"), "a web page" },
        { Text("\uFEFF<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"), "a web page" },
        { Text("{\"weight_map\":{\"fc1.weight\":\"model-00001-of-00002.safetensors\"}}"), "the index of a checkpoint in several files" },
        { Text("{\n  \"metadata\": {\"total_size\": 12},\n  \"weight_map\": {}\n}\n"), "the index of a checkpoint in several files" },
        { Text("{\"architectures\": [\"ResNet\"]}"), "JSON text" },
        { Text("  \n  \n"), "nothing but blanks and line ends" },
        { Text("Entry not found"), "text that begins with 'Entry not found'" },
        { [.. "PK\x03\x04"u8, 0x0A, 0, 0, 0, 0, 0, .. "archive/data.pkl"u8], "a ZIP archive" },
        { [0x80, 0x02, (byte)'}', (byte)'q', 0, (byte)'.'], "a Python pickle" },
        // torch.save's old magic number
        { [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E], "a Python pickle" },
        // Of Python 3.11, pickle.dumps of that number and of {'a': 1} with protocols 0, 1, 4 and 5.
        { Text("L119547037146038801333356L\n."), "a Python pickle" },
        { Text("(dp0\nVa\np1\nI1\ns."), "a Python pickle" },
        { [.. "}q\0X\u0001\0\0\0aq\u0001K\u0001s."u8], "a Python pickle" },
        { [0x80, 4, 0x95, 13, 0, 0, 0, 0, 0, 0, 0, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E],
            "a Python pickle" },
        { [0x80, 5, 0x95, 10, 0, 0, 0, 0, 0, 0, 0, 0x7D, 0x94, 0x8C, 1, 0x61, 0x94, 0x4B, 1, 0x73, 0x2E], "a Python pickle" },
        { [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0], "compressed with gzip" },
        { [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4, 0, 0], "compressed with xz" },
        { [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0, 0, 0], "compressed with zstd" },
        { [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "an HDF5 file" },
        { [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 0x76, 0], "a NumPy array" },
        { [.. "GGUF"u8, 3, 0, 0, 0, 0, 0], "a GGUF file" },
        { [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "a 7-Zip archive" },
        { Archive("fc1.weight.npy"), "an archive of NumPy arrays (.npz)" },
        { Archive("metadata.json"), "a Keras model (.keras)" },
        { [0x1C, 0, 0, 0, .. "TFL3"u8, 0, 0], "a TensorFlow Lite model" },
        // LevelDB's table_format.md.
        { [0, 0, 1, 2, 0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB], "the index of a TensorFlow checkpoint" },
        { [0x81, 0xA6, .. "params"u8, 0x82], "MessagePack, as Flax writes" },
        { new byte[64], "nothing but zeros" },
        { Onnx(100), "an ONNX model" },
        { Onnx(1_000_000), "an ONNX model" },
        // saved_model.proto: schema version 1, then a MetaGraphDef that begins with its MetaInfoDef.
        { [0x08, 0x01, 0x12, 0x06, 0x0A, 0x04, 0x12, 0x02, (byte)'a', (byte)'b'], "a TensorFlow SavedModel" },
        // graph.proto: a node with its name and its operation.
        { [0x0A, 0x12, 0x0A, 0x03, .. "fc1"u8, 0x12, 0x0B, .. "Placeholder"u8], "a frozen TensorFlow graph" },
        { [.. "folder/"u8, .. new byte[250], .. "ustar\0"u8, .. new byte[249]], "a tar archive" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Another_kind_of_file_is_called_by_its_name(byte[] content, string name)
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("w"), content);
        string message = Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("w"))).Message;
        message.ShouldStartWith($"{folder.File("w")} is not a safetensors file: ");
        message.ShouldContain(name);
        message.ShouldNotContain("header");
        Should.Throw<InvalidInputException>(() => SafetensorsFile.ReadMetadata(folder.File("w"))).Message.ShouldBe(message);
    }

    [Fact]
    public void A_header_whose_length_begins_like_another_format_is_read()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        // 0x0280 bytes of header: the length begins as a pickle does; 0x7B: as JSON does.
        foreach (int length in new[] { 0x0280, 0x7B })
        {
            Foreign.Write(folder.File("w"), "{}".PadRight(length), []);
            SafetensorsFile.Read(folder.File("w")).Tensors.ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_file_that_only_its_name_tells_is_called_part_of_a_tensorflow_checkpoint()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string path = folder.File("model.ckpt.data-00000-of-00001");
        File.WriteAllBytes(path, [0, 0, 0x80, 0x3F, 0, 0, 0x80, 0xBF, 0, 0, 0, 0x40]);   // 1, −1 and 2 in float32
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(path)).Message
            .ShouldContain("by its name it is part of a TensorFlow checkpoint");
    }

    [Fact]
    public void Whatever_the_bytes_telling_their_kind_ends_in_an_answer()
    {
        byte[][] files = [.. Files.Select(row => row.Data.Item1[..Math.Min(row.Data.Item1.Length, ForeignFormat.StartBytes)])
            .Where(file => file.Length > 0)];
        var random = new Random(1);
        int told = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] file = [.. files[random.Next(files.Length)]];
            for (int change = random.Next(0, 4); change > 0; change--)
            {
                file[random.Next(Math.Min(file.Length, 40))] = random.Next(2) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }
            if (ForeignFormat.Describe(
                file.AsSpan(0, random.Next(1, file.Length + 1)), file.AsSpan(Math.Max(0, file.Length - 8)), "w") is not null)
            {
                told++;
            }
        }
        told.ShouldBeInRange(1, 49_999);
    }

    [Fact]
    public void A_protobuf_length_of_63_bits_is_no_name_of_a_node()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        // A node whose operation has 2^63 − 1 bytes: nine groups of seven ones.
        File.WriteAllBytes(folder.File("w"),
            [0x0A, 0x7F, 0x0A, 0x03, .. "fc1"u8, 0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1]);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("w"))).Message.ShouldContain("of no kind that is known");
    }

    [Fact]
    public void Of_bytes_of_no_known_kind_the_first_are_shown()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("w"), [0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF9, 0xF8, 0xF7, 0xF6]);
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.File("w"))).Message
            .ShouldContain("it begins with the bytes FFFEFDFCFBFAF9F8F7");
    }

    [Fact]
    public void A_folder_is_called_one_and_the_files_of_weights_in_it_are_named()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string Refused() => Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(folder.Path)).Message;
        Refused()
            .ShouldBe($"Cannot read {folder.Path}: it is a folder, and no safetensors file is in it. Give the file of weights itself.");
        File.WriteAllBytes(folder.File("b.safetensors"), []);
        Refused().ShouldBe($"Cannot read {folder.Path}: it is a folder. Give the file in it: {folder.File("b.safetensors")}");
        File.WriteAllBytes(folder.File("a.safetensors"), []);
        Refused().ShouldBe($"Cannot read {folder.Path}: it is a folder. Give one of the files in it: a.safetensors, b.safetensors.");
        File.WriteAllBytes(folder.File("a.safetensors.index.json"), []);
        Refused().ShouldContain("a folder with a checkpoint in several files. Load those in Python");
        File.WriteAllBytes(folder.File("saved_model.pb"), []);
        Refused().ShouldContain("a folder with a TensorFlow SavedModel. Get the network's PyTorch weights");
    }

    [Fact]
    public void A_missing_file_is_answered_with_those_that_are_there()
    {
        using var check = new NoTensorLeaks();
        using var folder = new TemporaryFolder();
        string path = folder.File("w.safetensors"), beyond = Path.Combine(folder.File("none"), "w.safetensors");
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(path)).Message
            .ShouldBe($"Cannot read {path}: there is no such file. Check the path.");
        foreach (string name in new[] { "a", "b", "c", "d" }) { File.WriteAllBytes(folder.File($"{name}.safetensors"), []); }
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(path)).Message.ShouldBe(
            $"Cannot read {path}: there is no such file. Check its name; its folder has a.safetensors, "
            + "b.safetensors, c.safetensors and 1 more.");
        Should.Throw<InvalidInputException>(() => SafetensorsFile.Read(beyond)).Message.ShouldBe(
            $"Cannot read {beyond}: there is no folder {folder.File("none")}. Check the path.");
    }

    /// <summary>
    /// A ZIP archive that begins with an entry of that name (APPNOTE.TXT 4.3.7: 30 bytes, of which 26 and 27 are the name's length).
    /// </summary>
    private static byte[] Archive(string name) => [.. "PK\x03\x04"u8, .. new byte[22], (byte)name.Length, 0, 0, 0, .. Text(name), 1, 2];

    /// <summary>
    /// onnx.proto: ir_version 8, producer_name "pytorch", producer_version "2.1.0", graph,
    /// opset_import with version 17. The graph begins with a node and has that many bytes.
    /// </summary>
    private static byte[] Onnx(int graphBytes)
    {
        List<byte> length = [];
        for (int rest = graphBytes; rest > 0; rest >>= 7) { length.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))); }
        return
        [
            0x08, 0x08, 0x12, 0x07, .. "pytorch"u8, 0x1A, 0x05, .. "2.1.0"u8, 0x3A, .. length, 0x0A, 0x20, .. new byte[graphBytes - 2],
            0x42, 0x02, 0x10, 0x11,
        ];
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
