using System.Text;

namespace RhoLoss.Serialization;

/// <summary>Tells what a file is that somebody took for a safetensors file, by its first and last bytes.</summary>
internal static class ForeignFormat
{
    /// <summary>Bytes that suffice to tell.</summary>
    public const int StartBytes = 4096;

    /// <summary>Bytes of the end that suffice.</summary>
    public const int EndBytes = 8;

    /// <summary>What to do with weights that are not PyTorch's.</summary>
    public const string FromOtherTools =
        "Get the network's PyTorch weights, or bring its arrays into PyTorch's names and layouts in Python and save them with safetensors";

    /// <summary>What to do with a checkpoint in several files.</summary>
    public const string FromSeveralFiles = "Load those in Python and save their tensors in one file";

    private const int Shown = 40;
    private const string FromPython = "Load it in Python and save its state dict with safetensors.torch.save_file";

    private static readonly (byte[] Start, string What)[] Signatures =
    [
        ([0x1F, 0x8B], "it is compressed with gzip. Unpack it first"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "it is compressed with xz. Unpack it first"),
        ([0x28, 0xB5, 0x2F, 0xFD], "it is compressed with zstd. Unpack it first"),
        ("BZh"u8.ToArray(), "it is compressed with bzip2. Unpack it first"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "it is a 7-Zip archive. Unpack it first"),
        ([0x89, 0x48, 0x44, 0x46], $"it is an HDF5 file (.h5), as Keras writes. {FromOtherTools}"),
        ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], $"it is a NumPy array (.npy). {FromOtherTools}"),
        ("GGUF"u8.ToArray(), "it is a GGUF file, the format of llama.cpp. Get the weights as safetensors"),
        ("%PDF"u8.ToArray(), "it is a PDF document. Get the file of weights itself"),
    ];

    /// <summary>The number that LevelDB's tables end in, of which the index of a TensorFlow checkpoint is one.</summary>
    private static readonly byte[] TableEnd = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB];

    /// <summary>What the file is and what to do about it; null if it is nothing that is known.</summary>
    /// <param name="start">Its first bytes, <see cref="StartBytes"/> of them or all.</param>
    /// <param name="end">Its last bytes, <see cref="EndBytes"/> of them or all.</param>
    /// <param name="name">Its name, which tells the files of a TensorFlow checkpoint that hold nothing but numbers.</param>
    public static string? Describe(ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, string name)
    {
        if (start.Length == 0) { return "it is empty. Copy or download it again"; }
        if (start.StartsWith("PK\x03\x04"u8)) { return DescribeArchive(start); }
        foreach ((byte[] signature, string what) in Signatures)
        {
            if (start.StartsWith(signature)) { return what; }
        }
        if (IsPickle(start)) { return $"it is a Python pickle, as torch.save wrote before PyTorch 1.6. {FromPython}"; }
        if (start.Length > 262 && start[257..].StartsWith("ustar"u8)) { return "it is a tar archive. Unpack it first"; }
        if (start.Length > 8 && start[4..].StartsWith("TFL3"u8)) { return $"it is a TensorFlow Lite model. {FromOtherTools}"; }
        if (end.SequenceEqual(TableEnd)) { return $"it is the index of a TensorFlow checkpoint. {FromOtherTools}"; }
        if (ProtobufFormat.Describe(start) is { } model) { return $"{model}. {FromOtherTools}"; }
        if (IsMessagePack(start)) { return $"it is MessagePack, as Flax writes. {FromOtherTools}"; }
        if (name.Contains(".data-0", StringComparison.Ordinal))
        {
            return $"by its name it is part of a TensorFlow checkpoint. {FromOtherTools}";
        }
        if (start.Length >= 8 && !start[..Math.Min(64, start.Length)].ContainsAnyExcept((byte)0))
        {
            return "it begins with nothing but zeros, as a download that did not finish. Download it again";
        }
        return IsText(start) ? DescribeText(Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\t', '\r', '\n')) : null;
    }

    /// <summary>ZIP archives, by the name of their first entry.</summary>
    private static string DescribeArchive(ReadOnlySpan<byte> start)
    {
        const int lengthAt = 26, nameAt = 30;   // of the local file header
        string first = start.Length < nameAt ? ""
            : Encoding.UTF8.GetString(start[nameAt..Math.Min(start.Length, nameAt + start[lengthAt] + 256 * start[lengthAt + 1])]);
        if (first.EndsWith(".npy", StringComparison.Ordinal)) { return $"it is an archive of NumPy arrays (.npz). {FromOtherTools}"; }
        if (first is "metadata.json" or "config.json" or "model.weights.h5") { return $"it is a Keras model (.keras). {FromOtherTools}"; }
        return "it is a ZIP archive, which is what torch.save writes (.pt, .pth, .bin) whatever the name says. "
            + $"{FromPython}; if it was packed otherwise, unpack it first";
    }

    /// <summary>
    /// Protocols 2 to 5. A header length could begin with their two bytes, but has zeros further on, where a pickle has content unless a
    /// frame, 0x95, states its own length before it, as those of protocols 4 and 5 do: as a header's that would be above the limit. Of
    /// protocols 0 and 1, which are text, the number that torch.save begins with, and dictionaries.
    /// </summary>
    private static bool IsPickle(ReadOnlySpan<byte> start) =>
        (start.Length > 4 && start[0] == 0x80 && start[1] is >= 2 and <= 5
            && (start[2] == 0x95 || start[4..Math.Min(8, start.Length)].ContainsAnyExcept((byte)0)))
        || start.StartsWith("L119547037146038801333356L\n"u8) || start.StartsWith("ccollections\nOrderedDict"u8)
        || start.StartsWith("(dp0\n"u8) || start.StartsWith("}q\0"u8);

    /// <summary>A map whose first key is a short word.</summary>
    private static bool IsMessagePack(ReadOnlySpan<byte> start)
    {
        int key = start[0] switch { >= 0x81 and <= 0x8F => 1, 0xDE => 3, 0xDF => 5, _ => 0 };
        if (key == 0 || start.Length <= key || start[key] is not (> 0xA0 and <= 0xBF)) { return false; }
        int end = key + 1 + (start[key] & 0x1F);
        return end <= start.Length && !start[(key + 1)..end].ContainsAnyExceptInRange((byte)'!', (byte)'~');
    }

    /// <summary>
    /// Whether it begins without control characters, of which a possible header length has some, and without bytes that UTF-8 never has.
    /// </summary>
    private static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (byte b in start[..Math.Min(64, start.Length)])
        {
            if (b is (< 0x20 and not ((byte)'\t' or (byte)'\r' or (byte)'\n')) or 0xC0 or 0xC1 or >= 0xF5) { return false; }
        }
        return start.Length >= 4;
    }

    private static string DescribeText(string text)
    {
        if (text.Length == 0) { return "it begins with nothing but blanks and line ends. Give the file of weights itself"; }
        if (text.StartsWith("version https://git-lfs", StringComparison.Ordinal))
        {
            return "it is a Git LFS pointer, which only names the file. Fetch the file itself with `git lfs pull`, or download it";
        }
        if (text.StartsWith('<'))
        {
            return "it is a web page (HTML or XML), such as a sign-in or an error that was saved in place of the file. "
                + "Download the file itself";
        }
        if (text.StartsWith('{') && text.Contains("\"weight_map\"", StringComparison.Ordinal))
        {
            return "it is the index of a checkpoint in several files (model-00001-of-….safetensors). "
                + FromSeveralFiles;
        }
        if (text.StartsWith('{') || text.StartsWith('['))
        {
            return "it is JSON text, such as the configuration of a model. Give the file of weights itself";
        }
        string begin = TensorText.Name(text.Split('\n')[0].TrimEnd());
        return $"it is text that begins with '{(begin.Length <= Shown ? begin : begin[..Shown] + "…")}'. Give the file of weights itself";
    }
}
