using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace RhoLoss.Serialization;

/// <summary>The JSON header of a safetensors file, checked against the file's length: every entry in range, none overlapping.</summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, Dictionary<string, string> Metadata, long DataStart)
{
    public static SafetensorsHeader Read(Stream stream, string path, int maximumBytes, IReadOnlyDictionary<string, ScalarType> types)
    {
        InvalidInputException Refuse(string why) => new($"{path} is not a valid safetensors file: {why}.");

        if (stream.Length < 8) { throw Refuse($"it has {stream.Length} bytes, and the header length alone takes 8"); }
        Span<byte> prefix = stackalloc byte[8];
        stream.ReadExactly(prefix);
        long length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length < 2 || length > maximumBytes || length > stream.Length - 8)
        {
            throw Refuse($"its header length is {length}, but the file has {stream.Length - 8} bytes after it and {maximumBytes} is the limit");
        }
        byte[] json = new byte[length];
        stream.ReadExactly(json);

        long dataStart = 8 + length, dataLength = stream.Length - dataStart;
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (!seen.Add(property.Name)) { throw Refuse($"'{property.Name}' occurs twice in its header"); }
                if (property.Name == "__metadata__")
                {
                    foreach (JsonProperty item in property.Value.EnumerateObject())
                    {
                        if (!metadata.TryAdd(item.Name, item.Value.GetString() ?? throw Refuse($"its metadata '{item.Name}' is null"))) { throw Refuse($"its metadata '{item.Name}' occurs twice"); }
                    }
                    continue;
                }
                string dtype = property.Value.GetProperty("dtype").GetString() ?? "";
                if (!types.TryGetValue(dtype, out ScalarType type)) { throw Refuse($"tensor '{property.Name}' has the unknown type '{dtype}'"); }
                long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];
                long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64())];
                if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > dataLength)
                {
                    throw Refuse($"tensor '{property.Name}' lies at {string.Join("..", offsets)}, outside the {dataLength} bytes of data");
                }
                if (shape.Any(d => d < 0) || shape.Aggregate((long)type.ElementSize(), (a, d) => checked(a * d)) != offsets[1] - offsets[0])
                {
                    throw Refuse($"tensor '{property.Name}' of shape [{string.Join(", ", shape)}] and type {dtype} does not fill its {offsets[1] - offsets[0]} bytes");
                }
                entries.Add(new SafetensorsEntry(property.Name, type, shape, offsets[0], offsets[1]));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or OverflowException)
        {
            throw Refuse($"its header cannot be read ({e.Message})");
        }

        long end = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != end) { throw Refuse($"tensor '{entry.Name}' starts at {entry.Begin}, but the one before ends at {end}"); }
            end = entry.End;
        }
        if (end != dataLength) { throw Refuse($"its tensors take {end} bytes, but {dataLength} are there"); }
        return new SafetensorsHeader(entries, metadata, dataStart);
    }
}

/// <summary>One tensor of a safetensors file; offsets count from the start of the data.</summary>
internal sealed record SafetensorsEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End);
