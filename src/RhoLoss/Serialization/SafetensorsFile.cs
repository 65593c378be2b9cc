using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace RhoLoss.Serialization;

/// <summary>
/// Named tensors and text metadata in the safetensors format (8-byte header length, JSON header, raw little-endian data).
/// Files written here carry a SHA-256 over names, types, shapes, data and metadata, under <see cref="ChecksumKey"/>, which is verified on reading.
/// </summary>
public static class SafetensorsFile
{
    /// <summary>Metadata key of the checksum. Files without it, written by other tools, are read unverified.</summary>
    public const string ChecksumKey = "sha256";

    private const int MaximumHeaderBytes = 100_000_000;   // the limit of the reference implementation
    private const string MetadataKey = "__metadata__";

    private static readonly Dictionary<ScalarType, string> Names = new()
    {
        [ScalarType.Float64] = "F64",
        [ScalarType.Float32] = "F32",
        [ScalarType.Float16] = "F16",
        [ScalarType.BFloat16] = "BF16",
        [ScalarType.Int64] = "I64",
        [ScalarType.Int32] = "I32",
        [ScalarType.Int16] = "I16",
        [ScalarType.Int8] = "I8",
        [ScalarType.Byte] = "U8",
        [ScalarType.Bool] = "BOOL",
    };

    private static readonly Dictionary<string, ScalarType> Types = Names.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

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
        stored[ChecksumKey] = Checksum(entries, stored);
        byte[] header = Header(entries, stored);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach ((_, Tensor tensor) in entries) { stream.Write(BytesOf(tensor)); }
        });
    }

    /// <summary>Reads and verifies the whole file. The caller's dispose scope owns the tensors, which are on the CPU.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireChecksum">Refuse a file without a checksum: for files that only this library writes, where its absence is damage.</param>
    /// <exception cref="InvalidInputException">The file is missing, damaged, or not in the format; the message says which.</exception>
    public static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(string path, bool requireChecksum = false)
    {
        using DisposeScope scope = NewDisposeScope();
        using FileStream stream = Open(path);
        SafetensorsHeader header = SafetensorsHeader.Read(stream, path, MaximumHeaderBytes, Types);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in header.Entries)
        {
            Tensor tensor = empty(entry.Shape, dtype: entry.Type);
            stream.Position = header.DataStart + entry.Begin;
            if (entry.End > entry.Begin) { stream.ReadExactly(tensor.bytes); }
            tensors[entry.Name] = tensor;
        }
        if (header.Metadata.TryGetValue(ChecksumKey, out string? expected))
        {
            string actual = Checksum([.. tensors.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Value))], header.Metadata);
            if (actual != expected)
            {
                throw new InvalidInputException($"{path} is damaged: its SHA-256 is {actual}, but {expected} was written.");
            }
        }
        else if (requireChecksum)
        {
            throw new InvalidInputException($"{path} is damaged, or was not written by this library: its metadata have no '{ChecksumKey}'.");
        }
        scope.MoveToOuter(tensors.Values);
        return (tensors, header.Metadata);
    }

    /// <summary>Reads the metadata alone, without the data and so without verifying it.</summary>
    public static Dictionary<string, string> ReadMetadata(string path)
    {
        using FileStream stream = Open(path);
        return SafetensorsHeader.Read(stream, path, MaximumHeaderBytes, Types).Metadata;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
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
                if (!Names.TryGetValue(tensor.dtype, out string? type))
                {
                    throw new ArgumentException($"Tensor '{name}' has type {tensor.dtype}, which safetensors cannot hold.", nameof(entries));
                }
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

    private static string Checksum(IEnumerable<(string Name, Tensor Tensor)> entries, IReadOnlyDictionary<string, string> metadata)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, Tensor tensor) in entries)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}|{Names.GetValueOrDefault(tensor.dtype)}|{string.Join(',', tensor.shape)}|"));
            hash.AppendData(BytesOf(tensor));
        }
        foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            if (key != ChecksumKey) { hash.AppendData(Encoding.UTF8.GetBytes($"{key}={value}\n")); }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static ReadOnlySpan<byte> BytesOf(Tensor tensor) => tensor.numel() == 0 ? [] : tensor.bytes;
}
