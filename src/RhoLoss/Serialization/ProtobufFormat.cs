namespace RhoLoss.Serialization;

/// <summary>Tells models that are stored as Protocol Buffers by the fields that they begin with; the format has no signature.</summary>
internal static class ProtobufFormat
{
    private const int Varint = 0, Bytes = 2;

    /// <summary>
    /// Fields of ONNX's ModelProto and their wire types (onnx.proto): ir_version, producer_name, producer_version, domain, model_version,
    /// doc_string, graph, opset_import, metadata_props, training_info, functions, configuration.
    /// </summary>
    private static readonly (int Number, int Wire)[] OnnxFields =
    [
        (1, Varint), (2, Bytes), (3, Bytes), (4, Bytes), (5, Varint), (6, Bytes), (7, Bytes), (8, Bytes),
        (14, Bytes), (20, Bytes), (25, Bytes), (26, Bytes),
    ];

    /// <summary>What the file is; null if it is none of these.</summary>
    /// <param name="start">Its first bytes.</param>
    public static string? Describe(ReadOnlySpan<byte> start)
    {
        List<Field> fields = FieldsOf(start);
        if (fields.Count == 0) { return null; }
        // saved_model.proto: saved_model_schema_version = 1, then meta_graphs, which begin with their own first field, a message.
        if (fields is [{ Number: 1, Wire: Varint, Value: 1 }, { Number: 2, Wire: Bytes } graphs, ..] && First(start, graphs) == 0x0A)
        {
            return "it is a TensorFlow SavedModel (saved_model.pb)";
        }
        if (fields[0] is { Number: 1, Wire: Varint, Value: > 0 and < 256 }
            && fields.All(field => OnnxFields.Contains((field.Number, field.Wire)))
            && fields.Any(field => field.Number is 7 or 8))
        {
            return "it is an ONNX model";
        }
        // graph.proto: nodes, each of which begins with its name and its operation, both texts.
        return fields[0] is { Number: 1, Wire: Bytes } node && IsNode(start[node.Begin..]) ? "it is a frozen TensorFlow graph" : null;
    }

    private static bool IsNode(ReadOnlySpan<byte> start) =>
        FieldsOf(start) is [{ Number: 1, Wire: Bytes } name, { Number: 2, Wire: Bytes } operation, ..]
        && IsWord(start, name) && IsWord(start, operation);

    private static bool IsWord(ReadOnlySpan<byte> start, Field field) => field.Value > 0 && field.Value <= start.Length - field.Begin
        && !start.Slice(field.Begin, (int)field.Value).ContainsAnyExceptInRange((byte)'!', (byte)'~');

    private static int First(ReadOnlySpan<byte> start, Field field) =>
        field.Value > 0 && field.Begin < start.Length ? start[field.Begin] : -1;

    /// <summary>Fields from the start up to the first that goes on beyond it; none if the bytes are no fields.</summary>
    private static List<Field> FieldsOf(ReadOnlySpan<byte> start)
    {
        List<Field> fields = [];
        for (int at = 0; at < start.Length;)
        {
            if (Number(start, ref at) is not { } tag || tag >> 3 is 0 or > 1000) { return []; }
            int wire = (int)(tag & 7);
            if (wire is not (Varint or Bytes)) { return []; }
            if (Number(start, ref at) is not { } value) { return fields; }
            fields.Add(new Field((int)(tag >> 3), wire, value, at));
            if (wire == Varint) { continue; }
            if (value > start.Length - at) { return fields; }
            at += (int)value;
        }
        return fields;
    }

    /// <summary>A number in groups of seven bits, the lowest first; null if it does not end or is negative.</summary>
    private static long? Number(ReadOnlySpan<byte> start, ref int at)
    {
        long value = 0;
        for (int shift = 0; shift < 63 && at < start.Length; shift += 7)
        {
            byte part = start[at++];
            value |= (long)(part & 0x7F) << shift;
            if (part < 0x80) { return value; }
        }
        return null;
    }

    /// <summary>A field: its number in the message, its wire type, its value or length, and where its bytes begin.</summary>
    private readonly record struct Field(int Number, int Wire, long Value, int Begin);
}
