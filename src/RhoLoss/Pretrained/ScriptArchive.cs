using System.IO.Compression;
using System.Text;
using RhoLoss.Serialization;

namespace RhoLoss.Pretrained;

/// <summary>
/// A file of <c>torch.jit.save</c>: a ZIP archive of code, numbers and how they hang together. It is looked through before LibTorch sees
/// it, which reads what is damaged as if it were whole, or ends the process.
/// </summary>
/// <param name="Bytes">The whole file.</param>
/// <param name="Code">The source of its classes, one file after another.</param>
internal sealed record ScriptArchive(byte[] Bytes, string Code)
{
    private const string HowToSave = "In Python, torch.jit.script(model).save(path) writes one";

    /// <summary>Reads a file and checks every part of it against its checksum.</summary>
    /// <exception cref="InvalidInputException">It is damaged, or something else.</exception>
    public static ScriptArchive Read(string path)
    {
        byte[] bytes = Content(path);
        if (!bytes.AsSpan().StartsWith("PK"u8))
        {
            string what = ForeignFormat.Describe(
                bytes.AsSpan(0, Math.Min(bytes.Length, ForeignFormat.StartBytes)),
                bytes.AsSpan(Math.Max(0, bytes.Length - ForeignFormat.EndBytes)), path) is { } known ? $": {known}" : "";
            throw new InvalidInputException($"{path} is no TorchScript file, which begins as a ZIP archive does{what}. {HowToSave}.");
        }
        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes), ZipArchiveMode.Read);
            string code = string.Concat(archive.Entries.Select(entry => Text(path, entry)));
            string[] names = [.. archive.Entries.Select(e => e.FullName)];
            Require(path, names);
            return new ScriptArchive(bytes, code);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidInputException($"{path} is damaged: {e.Message} Copy or download it again.", e);
        }
    }

    private static byte[] Content(string path)
    {
        using FileStream file = FileToRead.Open(path);
        if (file.Length > Array.MaxLength)
        {
            throw new InvalidInputException($"{path} has {file.Length} bytes; a TorchScript file of at most {Array.MaxLength} can be read.");
        }
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>What torch.save writes has data.pkl too, but no code.</summary>
    private static void Require(string path, string[] names)
    {
        bool Has(string end) => names.Any(name => name.EndsWith(end, StringComparison.Ordinal));
        if (Has("/constants.pkl") && Has("/data.pkl") && Has("/version") && names.Any(IsCode)) { return; }
        if (Has("/data.pkl"))
        {
            throw new InvalidInputException(
                $"{path} is what torch.save writes, a pickle of weights or of Python objects without the code of a network, and no TorchScript "
                + $"file. {HowToSave}; a state dict goes into a network written in TorchSharp: save it with "
                + "safetensors.torch.save_file, and load it with WeightFile.");
        }
        throw new InvalidInputException($"{path} is a ZIP archive, but no TorchScript file. {HowToSave}.");
    }

    private static bool IsCode(string name) =>
        name.Contains("/code/", StringComparison.Ordinal) && name.EndsWith(".py", StringComparison.Ordinal);

    /// <summary>The text of a part that is code, and nothing of others; .NET does not look at the checksums of an archive.</summary>
    private static string Text(string path, ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        byte[] bytes = content.ToArray();
        if (bytes.Length != entry.Length || Checksum(bytes) != entry.Crc32)
        {
            throw new InvalidInputException(
                $"{path} is damaged: its part {TensorText.Name(entry.FullName)} does not have the checksum that was saved with it. "
                + "Copy or download it again.");
        }
        return IsCode(entry.FullName) ? Encoding.UTF8.GetString(bytes) : "";
    }

    /// <summary>CRC-32 as in ZIP, polynomial 0xEDB88320 (reflected).</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes) { crc = Table[(byte)(crc ^ b)] ^ (crc >> 8); }
        return ~crc;
    }

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        uint crc = (uint)i;
        for (int bit = 0; bit < 8; bit++) { crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1))); }
        return crc;
    })];
}
