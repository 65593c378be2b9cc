using System.IO.Compression;
using System.Text;
using RhoLoss.Serialization;

namespace RhoLoss.Pretrained;

/// <summary>
/// A file of <c>torch.jit.save</c>: a ZIP archive of code, numbers and how they hang together. LibTorch does not look at checksums, and
/// ends the process where code is no code or names something that is not there. So every part is checked here, and LibTorch is given a
/// new archive of them, whose directory cannot be damaged.
/// </summary>
/// <param name="Bytes">The new archive.</param>
/// <param name="Code">The source of its classes, one file after another.</param>
internal sealed record ScriptArchive(byte[] Bytes, string Code)
{
    /// <summary>Most bytes of parts for a byte of the file, and besides: code is compressed, numbers are not.</summary>
    private const long MostUnpacked = 100, Besides = 1 << 20;

    private const string HowToSave = "In Python, torch.jit.script(model).save(path) writes one";

    /// <summary>Reads a file, checks every part of it against its checksum, and that no part is missing.</summary>
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
            RequireSize(path, archive, bytes.Length);
            Dictionary<string, byte[]> parts = Parts(path, archive);
            RequireScript(path, parts);
            var code = parts.Where(p => IsCode(p.Key)).ToDictionary(
                p => p.Key, p => Encoding.UTF8.GetString(p.Value), StringComparer.Ordinal);
            ScriptNames.Require(path, code, [parts["data.pkl"], parts["constants.pkl"]]);
            return new ScriptArchive(Pack(parts), string.Concat(code.Values));
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, $"as a ZIP archive it cannot be read ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>That something is wrong with a file.</summary>
    public static InvalidInputException Damaged(string path, string how, Exception? cause = null) =>
        new($"{path} is damaged: {how}. Copy or download it again, or save it again.", cause!);

    private static byte[] Content(string path)
    {
        using FileStream file = FileToRead.Open(path);
        if (file.Length > Array.MaxLength)
        {
            throw new InvalidInputException(
                $"{path} has {file.Length} bytes, but a TorchScript file of at most {Array.MaxLength} can be read. "
                + "Write the network in TorchSharp, and load its weights by name (WeightFile).");
        }
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static bool IsCode(string name) =>
        name.StartsWith("code/", StringComparison.Ordinal) && name.EndsWith(".py", StringComparison.Ordinal);

    /// <summary>A small file must not ask for all of the memory.</summary>
    private static void RequireSize(string path, ZipArchive archive, long length)
    {
        ulong unpacked = archive.Entries.Aggregate(0UL, (sum, entry) => sum + (ulong)Math.Min(entry.Length, Array.MaxLength));
        if (unpacked <= (ulong)((MostUnpacked * length) + Besides) && archive.Entries.All(entry => entry.Length <= Array.MaxLength))
        {
            return;
        }
        throw Damaged(path, $"its parts would be {unpacked} bytes or more, and it has {length}, but TorchScript compresses code alone");
    }

    /// <summary>The parts by their names below the folder that all of them are in. .NET does not look at the checksums.</summary>
    private static Dictionary<string, byte[]> Parts(string path, ZipArchive archive)
    {
        string folder = archive.Entries.Select(e => e.FullName).FirstOrDefault()?.Split('/')[0] + "/";
        var parts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream stream = entry.Open();
            byte[] bytes = new byte[entry.Length];
            string name = entry.FullName;
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length || stream.ReadByte() >= 0
                || Checksum(bytes) != entry.Crc32)
            {
                throw Damaged(path, $"its part {TensorText.Name(name)} does not have the checksum that was saved with it");
            }
            if (name.StartsWith(folder, StringComparison.Ordinal)) { parts[name[folder.Length..]] = bytes; }
        }
        return parts;
    }

    /// <summary>All parts but what only helps debuggers.</summary>
    private static byte[] Pack(Dictionary<string, byte[]> parts)
    {
        using var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in parts.Where(p => !p.Key.EndsWith(".debug_pkl", StringComparison.Ordinal)))
            {
                using Stream entry = archive.CreateEntry("model/" + name, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }
        return packed.ToArray();
    }

    /// <summary>What torch.save writes has data.pkl too, but no code.</summary>
    private static void RequireScript(string path, Dictionary<string, byte[]> parts)
    {
        if (parts.ContainsKey("constants.pkl") && parts.ContainsKey("data.pkl") && parts.ContainsKey("version")) { return; }
        if (parts.ContainsKey("data.pkl"))
        {
            throw new InvalidInputException(
                $"{path} is what torch.save writes, a pickle of weights or of Python objects without the code of a network, and no "
                + $"TorchScript file. {HowToSave}; a state dict goes into a network written in TorchSharp: save it with "
                + "safetensors.torch.save_file, and load it with WeightFile.");
        }
        throw new InvalidInputException($"{path} is a ZIP archive, but no TorchScript file. {HowToSave}.");
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
