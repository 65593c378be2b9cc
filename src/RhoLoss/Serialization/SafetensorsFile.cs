using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace RhoLoss.Serialization;

/// <summary>
/// Named tensors and text metadata in the safetensors format (8-byte header length, JSON header, raw little-endian data).
/// Files written here carry a SHA-256 over names, types, shapes, data and metadata, under <see cref="ChecksumKey"/>,
/// which is verified on reading. Files of before that key had it as <c>sha256</c> and are verified too; in files of
/// other tools an entry of that name is none of ours.
/// </summary>
/// <example>
/// <code>
/// var tensors = new Dictionary&lt;string, Tensor> { ["loss"] = zeros(3) };
/// SafetensorsFile.Write("losses.safetensors", tensors, metadata: new Dictionary&lt;string, string> { ["unit"] = "nats" });
/// (Dictionary&lt;string, Tensor> read, _) = SafetensorsFile.Read("losses.safetensors");
/// </code>
/// </example>
public static class SafetensorsFile
{
    /// <summary>Metadata key of the checksum. Files without it, written by other tools, are read unverified.</summary>
    public const string ChecksumKey = "rholoss-sha256";

    /// <summary>The key in files of before; other tools use it for checksums of their own.</summary>
    private const string EarlierChecksumKey = "sha256";

    private const string MetadataKey = "__metadata__";
    private const int PieceBytes = 1 << 24;   // a span holds 2 GiB at most; a tensor may be larger

    /// <summary>Writes the file atomically. Tensors may be on any device and need not be contiguous.</summary>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        using IDisposable scope = NewDisposeScope();
        (string Name, Tensor Tensor)[] entries =
            [.. tensors.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Value.detach().cpu().contiguous()))];
        var stored = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in metadata) { stored[key] = value; }
        stored[ChecksumKey] = Checksum(entries, stored, ChecksumKey);
        byte[] header = Header(entries, stored);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (Tensor piece in entries.SelectMany(entry => Pieces(entry.Tensor))) { stream.Write(piece.bytes); }
        });
    }

    /// <summary>Reads and verifies the whole file. The caller's dispose scope owns the tensors, which are on the CPU.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireChecksum">
    /// Refuse a file without a checksum: for files that only this library writes, where its absence is damage.
    /// </param>
    /// <returns>
    /// The tensors by name, and the metadata, in which an earlier file's checksum is under <see cref="ChecksumKey"/> too.
    /// </returns>
    /// <exception cref="InvalidInputException">The file is missing, damaged, or not in the format; the message says which.</exception>
    public static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(string path, bool requireChecksum = false)
    {
        using DisposeScope scope = NewDisposeScope();
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata, IReadOnlyList<SafetensorsEntry> unreadable) =
            ReadReadable(path, requireChecksum);
        if (unreadable.Count > 0)
        {
            throw new InvalidInputException(
                $"{path}: tensor '{TensorText.Name(unreadable[0].Name)}' has the type {unreadable[0].Type.Name}, which cannot be read. "
                + "Convert it, and save the file again.");
        }
        scope.MoveToOuter(tensors.Values);
        return (tensors, metadata);
    }

    /// <summary>As <see cref="Read"/>, but names tensors of types that cannot be read instead of refusing the file for them.</summary>
    internal static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata, IReadOnlyList<SafetensorsEntry> Unreadable)
        ReadReadable(string path, bool requireChecksum = false) => ReadFrom(path, stream =>
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsHeader header = SafetensorsHeader.Read(stream, path);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in header.Entries)
        {
            if (entry.Type.Tensor is { } type) { tensors[entry.Name] = ReadTensor(stream, path, header.DataStart, entry, type); }
        }
        Verify(path, tensors, header.Metadata, requireChecksum);
        scope.MoveToOuter(tensors.Values);
        return (tensors, header.Metadata, (IReadOnlyList<SafetensorsEntry>)[.. header.Entries.Where(entry => entry.Type.Tensor is null)]);
    });

    /// <summary>Reads the metadata alone, without the data and so without verifying it.</summary>
    public static Dictionary<string, string> ReadMetadata(string path) => ReadHeader(path).Metadata;

    /// <summary>Reads the header alone.</summary>
    internal static SafetensorsHeader ReadHeader(string path) => ReadFrom(path, stream => SafetensorsHeader.Read(stream, path));

    private static Tensor ReadTensor(FileStream stream, string path, long dataStart, SafetensorsEntry entry, ScalarType type)
    {
        Tensor tensor = empty(entry.Shape, dtype: type);
        stream.Position = dataStart + entry.Begin;
        foreach (Tensor piece in Pieces(tensor))
        {
            Span<byte> bytes = piece.bytes;
            stream.ReadExactly(bytes);
            if (type == ScalarType.Bool && bytes.ContainsAnyExcept((byte)0, (byte)1))
            {
                throw new InvalidInputException($"{path} is damaged: tensor '{TensorText.Name(entry.Name)}' of type BOOL has a byte that "
                    + "is neither 0 nor 1.");
            }
        }
        return tensor;
    }

    private static void Verify(string path, Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata, bool requireChecksum)
    {
        string key = metadata.ContainsKey(ChecksumKey) ? ChecksumKey : EarlierChecksumKey;
        if (!metadata.TryGetValue(key, out string? expected))
        {
            if (!requireChecksum) { return; }
            throw new InvalidInputException(
                $"{path} is damaged, or was not written by this library: its metadata have no '{ChecksumKey}'.");
        }
        string actual = Checksum([.. tensors.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Value))], metadata, key);
        if (actual == expected)
        {
            metadata.Remove(key);
            metadata[ChecksumKey] = expected;
        }
        else if (key == ChecksumKey || requireChecksum || IsOurs(metadata))
        {
            throw new InvalidInputException($"{path} is damaged: its SHA-256 is {actual}, but {expected} was written.");
        }
    }

    /// <summary>
    /// Whether the earlier key is our checksum although it is wrong: by the formats of this library, and the entry of an irreducible-loss
    /// model.
    /// </summary>
    private static bool IsOurs(Dictionary<string, string> metadata) =>
        metadata.GetValueOrDefault("format")?.StartsWith("rholoss-", StringComparison.Ordinal) == true
        || metadata.ContainsKey("irreducible-losses");

    private static T ReadFrom<T>(string path, Func<FileStream, T> read)
    {
        using FileStream stream = FileToRead.Open(path);
        try
        {
            return read(stream);
        }
        catch (Exception e) when (e is IOException or NotSupportedException)   // cut while it is read, or a pipe, which has no length
        {
            throw new InvalidInputException($"Cannot read {path}: {e.Message}", e);
        }
    }

    private static byte[] Header((string Name, Tensor Tensor)[] entries, SortedDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            foreach ((string key, string value) in metadata) { json.WriteString(key, value); }
            json.WriteEndObject();
            long offset = 0;
            foreach ((string name, Tensor tensor) in entries)
            {
                string type = SafetensorsType.NameOf(tensor.dtype)
                    ?? throw new ArgumentException($"Tensor '{name}' has type {tensor.dtype}, "
                        + "which safetensors cannot hold.", nameof(entries));
                long size = tensor.numel() * tensor.element_size();
                json.WriteStartObject(name);
                json.WriteString("dtype", type);
                json.WriteStartArray("shape");
                foreach (long d in tensor.shape) { json.WriteNumberValue(d); }
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += size);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) { buffer.WriteByte((byte)' '); }   // data starts aligned, as the format asks
        return buffer.ToArray();
    }

    private static string Checksum(
        IEnumerable<(string Name, Tensor Tensor)> entries, IReadOnlyDictionary<string, string> metadata, string checksumKey)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, Tensor tensor) in entries)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}|{SafetensorsType.NameOf(tensor.dtype)}|{string.Join(',', tensor.shape)}|"));
            foreach (Tensor piece in Pieces(tensor)) { hash.AppendData(piece.bytes); }
        }
        foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            if (key != checksumKey) { hash.AppendData(Encoding.UTF8.GetBytes($"{key}={value}\n")); }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A contiguous tensor from front to back, in views of no more than <see cref="PieceBytes"/>; none of an empty one.</summary>
    private static IEnumerable<Tensor> Pieces(Tensor tensor)
    {
        long count = tensor.numel(), most = PieceBytes / tensor.element_size();
        if (count is > 0 && count <= most)
        {
            yield return tensor;
            yield break;
        }
        if (count == 0) { yield break; }
        using Tensor flat = tensor.view(-1);
        for (long from = 0; from < count; from += most)
        {
            using Tensor piece = flat.narrow(0, from, Math.Min(most, count - from));
            yield return piece;
        }
    }
}
