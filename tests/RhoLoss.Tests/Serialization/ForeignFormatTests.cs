using System.Text;
using RhoLoss.Serialization;
using RhoLoss.Tests.Support;

namespace RhoLoss.Tests.Serialization;

public sealed class ForeignFormatTests
{
    /// <summary>Files that are taken for safetensors, and the words that must name them. First bytes are those of the formats' specifications.</summary>
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
        { Text("Entry not found"), "text that begins with 'Entry not found'" },
        { [.. "PK\x03\x04"u8, 0x0A, 0, 0, 0, 0, 0, .. "archive/data.pkl"u8], "a ZIP archive" },
        { [0x80, 0x02, (byte)'}', (byte)'q', 0, (byte)'.'], "a Python pickle" },
        { [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E], "a Python pickle" },   // torch.save's old magic number
        { [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0], "compressed with gzip" },
        { [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4, 0, 0], "compressed with xz" },
        { [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0, 0, 0], "compressed with zstd" },
        { [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "an HDF5 file" },
        { [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 0x76, 0], "a NumPy array" },
        { [.. "GGUF"u8, 3, 0, 0, 0, 0, 0], "a GGUF file" },
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

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
