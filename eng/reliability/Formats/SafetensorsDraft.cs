using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RhoLoss.Reliability.Formats;

/// <summary>
/// A safetensors file as a list of tensors and metadata that can be changed and written again. Independent of the reader under test on
/// purpose: it also judges what a run left on disk.
/// </summary>
internal sealed class SafetensorsDraft
{
    /// <summary>The checksum's key, and the one of earlier files.</summary>
    public const string ChecksumKey = "rholoss-sha256", EarlierChecksumKey = "sha256";

    private const string MetadataKey = "__metadata__";

    /// <summary>The tensors, in the order of their data.</summary>
    public List<DraftTensor> Tensors { get; } = [];

    /// <summary>The metadata, the checksum among them.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads a file that is right.</summary>
    public static SafetensorsDraft Parse(byte[] file)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var draft = new SafetensorsDraft();
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, length));
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == MetadataKey)
            {
                foreach (JsonProperty item in entry.Value.EnumerateObject()) { draft.Metadata[item.Name] = item.Value.GetString()!; }
                continue;
            }
            long[] offsets = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64())];
            draft.Tensors.Add(new DraftTensor(entry.Name, entry.Value.GetProperty("dtype").GetString()!,
                [.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())],
                file[(8 + length + (int)offsets[0])..(8 + length + (int)offsets[1])]));
        }
        return draft;
    }

    /// <summary>Writes a file of this content, with offsets that follow from the data.</summary>
    /// <param name="repairChecksum">Whether a checksum that is there is computed anew.</param>
    public byte[] ToBytes(bool repairChecksum)
    {
        string checksumKey = Metadata.ContainsKey(ChecksumKey) ? ChecksumKey : EarlierChecksumKey;
        if (repairChecksum && Metadata.ContainsKey(checksumKey)) { Metadata[checksumKey] = Checksum(checksumKey); }
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            foreach ((string key, string value) in Metadata) { json.WriteString(key, value); }
            json.WriteEndObject();
            long offset = 0;
            foreach (DraftTensor tensor in Tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type);
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape) { json.WriteNumberValue(size); }
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (header.Length % 8 != 0) { header.WriteByte((byte)' '); }
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header.ToArray(), .. Tensors.SelectMany(tensor => tensor.Bytes)];
    }

    /// <summary>
    /// What the library writes: SHA-256 over names, types, shapes and data of the tensors by name, then over the metadata by key.
    /// </summary>
    private string Checksum(string checksumKey)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (DraftTensor tensor in Tensors.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name}|{tensor.Type}|{string.Join(',', tensor.Shape)}|"));
            hash.AppendData(tensor.Bytes);
        }
        foreach ((string key, string value) in Metadata.Where(m => m.Key != checksumKey).OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{key}={value}\n"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
