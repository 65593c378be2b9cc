using System.Buffers.Binary;
using System.Text.Json;

namespace RhoLoss.Serialization;

/// <summary>The JSON header of a safetensors file, checked against the file's length: every entry in range, none overlapping.</summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, Dictionary<string, string> Metadata, long DataStart)
{
    private const int PrefixBytes = 8;
    private const int MaximumBytes = 100_000_000;   // the limit of the reference implementation
    private const int MaximumDimensions = 64;       // PyTorch's operations take no more
    private const string MetadataName = "__metadata__";

    /// <summary>Reads it from the start of a file.</summary>
    /// <exception cref="InvalidInputException">
    /// The file is of another kind, which is named where it is known, or breaks a rule of the format.
    /// </exception>
    public static SafetensorsHeader Read(Stream stream, string path)
    {
        byte[] start = new byte[Math.Min(stream.Length, ForeignFormat.StartBytes)];
        stream.ReadExactly(start);
        long length = start.Length < PrefixBytes ? -1 : BinaryPrimitives.ReadInt64LittleEndian(start);
        bool possible = length >= 2 && length <= MaximumBytes && length <= stream.Length - PrefixBytes;
        bool beginsAsOne = start.Length > PrefixBytes && start[PrefixBytes] == (byte)'{';
        if (!(possible && beginsAsOne) && ForeignFormat.Describe(start, End(stream), Path.GetFileName(path)) is { } other)
        {
            throw new InvalidInputException($"{path} is not a safetensors file: {other}.");
        }
        if (start.Length < PrefixBytes) { throw Refused(path, $"it has {stream.Length} bytes, and the header length alone takes 8"); }
        if (!possible && !beginsAsOne)
        {
            throw Refused(path, "it must begin with the length of its header in 8 bytes and '{', but it begins with the bytes "
                + $"{Convert.ToHexString(start, 0, Math.Min(start.Length, PrefixBytes + 1))}, which are of no kind that is known");
        }
        if (!possible && length is >= 2 and <= MaximumBytes)
        {
            throw CutShort(path, $"it has {Counted.Of(stream.Length, "byte")}, and its header alone ends at {PrefixBytes + length}");
        }
        if (!possible) { throw Refused(path, $"its header length is {length}, but it must be from 2 to {MaximumBytes}"); }
        if (!beginsAsOne) { throw Refused(path, "its header cannot be read (it does not begin with '{')"); }
        byte[] json = new byte[length];
        stream.Position = PrefixBytes;
        stream.ReadExactly(json);

        long dataStart = PrefixBytes + length;
        try
        {
            return Parse(json, path, dataStart, dataLength: stream.Length - dataStart);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(
                $"{path} is not a valid safetensors file: its header cannot be read ({JsonFault.Of(e)}). Copy or download it again.", e);
        }
        catch (InvalidOperationException)
        {
            throw Refused(path, "its header cannot be read (a name or a value in it is half of a character)");
        }
    }

    private static byte[] End(Stream stream)
    {
        byte[] end = new byte[Math.Min(stream.Length, ForeignFormat.EndBytes)];
        stream.Position = stream.Length - end.Length;
        stream.ReadExactly(end);
        return end;
    }

    private static SafetensorsHeader Parse(byte[] json, string path, long dataStart, long dataLength)
    {
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        using var document = JsonDocument.Parse(json);
        foreach (JsonProperty property in Members(document.RootElement, path, "its header"))
        {
            if (property.Name != MetadataName)
            {
                entries.Add(Entry(property, path, dataLength));
                continue;
            }
            foreach (JsonProperty item in Members(property.Value, path, "its metadata"))
            {
                metadata[item.Name] = Text(item.Value, path, $"its metadata '{TensorText.Name(item.Name)}'");
            }
        }
        long end = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != end)
            {
                throw Refused(path, $"tensor '{TensorText.Name(entry.Name)}' starts at {entry.Begin}, but the one before ends at {end}");
            }
            end = entry.End;
        }
        if (end > dataLength)
        {
            throw CutShort(path, $"it has {dataStart + dataLength} of the {(Int128)dataStart + end} bytes that its header states");
        }
        if (end < dataLength) { throw Refused(path, $"its tensors take {end} bytes, but {dataLength} are there"); }
        return new SafetensorsHeader(entries, metadata, dataStart);
    }

    private static SafetensorsEntry Entry(JsonProperty property, string path, long dataLength)
    {
        string name = TensorText.Name(property.Name), typeName = "";
        long[] shape = [], offsets = [];
        int found = 0;
        foreach (JsonProperty field in Members(property.Value, path, $"the entry of tensor '{name}'"))
        {
            switch (field.Name)
            {
                case "dtype": typeName = Text(field.Value, path, $"the type of tensor '{name}'"); found++; break;
                case "shape": shape = Numbers(field.Value, MaximumDimensions, path, name, "dimensions"); found++; break;
                case "data_offsets": offsets = Numbers(field.Value, 2, path, name, "offsets"); found++; break;
                default: break;   // as in the reference implementation
            }
        }
        if (found < 3) { throw Refused(path, $"its header cannot be read (tensor '{name}' needs dtype, shape and data_offsets)"); }
        SafetensorsType type = SafetensorsType.Find(typeName)
            ?? throw Refused(path, $"tensor '{name}' has the unknown type '{TensorText.Name(typeName)}'");
        bool inOrder = offsets.Length == 2 && offsets[0] >= 0 && offsets[1] >= offsets[0];
        Int128 bytes = inOrder ? offsets[1] - offsets[0] : 0;
        bool fills = BitsOf(shape, type.Bits) == bytes * 8;
        // One that fills its bytes and ends beyond the file may be all right, and the file cut short.
        if (!inOrder || (!fills && offsets[1] > dataLength))
        {
            throw Refused(path, $"tensor '{name}' lies at {string.Join("..", offsets)}, outside the {dataLength} bytes of data");
        }
        if (!fills)
        {
            throw Refused(path, $"tensor '{name}' of shape {TensorText.Shape(shape)} and type {typeName} does not fill its {bytes} bytes");
        }
        return new SafetensorsEntry(property.Name, type, shape, offsets[0], offsets[1]);
    }

    /// <summary>
    /// Bits of a tensor; negative where there is none of that shape, also where only a 0 among the sizes keeps their product small.
    /// </summary>
    private static Int128 BitsOf(long[] shape, int bits)
    {
        Int128 product = bits;
        foreach (long size in shape)
        {
            if (size < 0) { return -1; }
            product *= Math.Max(size, 1);
            if (product > long.MaxValue) { return -1; }
        }
        return shape.Contains(0) ? 0 : product;
    }

    private static long[] Numbers(JsonElement list, int most, string path, string name, string what)
    {
        if (list.ValueKind != JsonValueKind.Array) { throw Unreadable(path, $"the {what} of tensor '{name}' are no list"); }
        int count = list.GetArrayLength();
        if (count > most) { throw Refused(path, $"tensor '{name}' has {count} {what}, and {most} is the limit"); }
        return
        [
            .. list.EnumerateArray().Select(number =>
                number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out long whole) ? whole
                : throw Unreadable(path, $"the {what} of tensor '{name}' are no whole numbers of 64 bits")),
        ];
    }

    private static string Text(JsonElement value, string path, string what) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Unreadable(path, $"{what} is no text");

    private static IEnumerable<JsonProperty> Members(JsonElement element, string path, string where)
    {
        if (element.ValueKind != JsonValueKind.Object) { throw Unreadable(path, $"{where} is no object"); }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!seen.Add(property.Name)) { throw Refused(path, $"'{TensorText.Name(property.Name)}' occurs twice in {where}"); }
            yield return property;
        }
    }

    private static InvalidInputException Unreadable(string path, string why) => Refused(path, $"its header cannot be read ({why})");

    private static InvalidInputException CutShort(string path, string how) =>
        new($"{path} is cut short: {how}. Copy or download it again.");

    private static InvalidInputException Refused(string path, string why) => new($"{path} is not a valid safetensors file: {why}.");
}

/// <summary>One tensor of a safetensors file; offsets count from the start of the data.</summary>
internal sealed record SafetensorsEntry(string Name, SafetensorsType Type, long[] Shape, long Begin, long End);
