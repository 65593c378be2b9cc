using System.Text.Json;
using System.Text.Json.Serialization;

namespace RhoLoss.Pretrained;

/// <summary>
/// The operations that the metadata of a quantised MobileNet-v2 lists, checked to be that network: every convolution's sizes, stride and
/// ReLU6, and what is added to what. A file of another network could have tensors that fit, and would compute nonsense.
/// </summary>
/// <param name="Layers">Convolutions, and the classifier, in order.</param>
internal sealed record QuantizedGraph(IReadOnlyList<QuantizedOperation> Layers)
{
    public static QuantizedGraph Parse(string path, string json)
    {
        InvalidInputException Refuse(string why) => new($"{path} is no quantised MobileNet-v2 of width 1: {why}.");

        QuantizedOperation[] all;
        try
        {
            all = JsonSerializer.Deserialize<QuantizedOperation[]>(json) ?? throw Refuse("its list of layers is null");
        }
        catch (JsonException e)
        {
            throw Refuse($"its list of layers cannot be read ({JsonFault.Of(e)})");
        }
        if (all.Any(o => o is not { Operation: not null, Sources: not null }))
        {
            throw Refuse("an operation of its list of layers lacks its op or src");
        }
        QuantizedOperation[] layers = [.. all.Where(o => o.Name is not null)];
        if (layers.Length == 0) { throw Refuse("its list of layers is empty"); }
        // Everything but the number of classes is prescribed.
        Expected[] expected = [.. MobileNetV2Layers(), new("conv", layers[^1].Out, 1280, 1, 1, false)];
        if (layers.Length != expected.Length)
        {
            throw Refuse($"it has {layers.Length} layers with weights, but {expected.Length} are needed");
        }
        for (int i = 0; i < expected.Length; i++)
        {
            QuantizedOperation o = layers[i];
            var actual = new Expected(o.Operation, o.Out, o.In, o.Kernel, o.Stride, o.Relu6);
            if (actual != expected[i] with { AddsInputOf = null })
            {
                throw Refuse($"{o.Name} is {actual}, but {expected[i] with { AddsInputOf = null }} is needed");
            }
        }
        RequireWiring(all, layers, expected, Refuse);
        return new QuantizedGraph(layers);
    }

    /// <summary>Every layer reads what the one before wrote, or the sum of that and the input of its block.</summary>
    private static void RequireWiring(
        QuantizedOperation[] all, QuantizedOperation[] layers, Expected[] expected, Func<string, InvalidInputException> refuse)
    {
        Dictionary<long, QuantizedOperation> writers = [];
        foreach (QuantizedOperation o in all)
        {
            if (!writers.TryAdd(o.Destination, o)) { throw refuse($"two operations write number {o.Destination}"); }
        }
        long previous = layers[0].Sources is [var image, ..] ? image : throw refuse($"{layers[0].Name} has no source");
        var inputs = new List<long>();
        for (int i = 0; i < layers.Length; i++)
        {
            long source = layers[i].Sources is [var first, ..] ? first : throw refuse($"{layers[i].Name} has no source");
            bool pooled = i == layers.Length - 1;
            if (pooled && writers.GetValueOrDefault(source) is { Operation: "mean", Sources: [var averaged, ..] }) { source = averaged; }
            else if (pooled) { throw refuse($"{layers[i].Name} does not read a mean"); }
            if (source != previous) { throw refuse($"{layers[i].Name} reads number {source}, but {previous} is needed"); }
            inputs.Add(source);
            previous = layers[i].Destination;
            if (expected[i].AddsInputOf is not { } back) { continue; }
            long other = inputs[i - back];
            QuantizedOperation? sum = all.FirstOrDefault(
                o => o.Operation == "add" && o.Sources.Order().SequenceEqual(new[] { other, previous }.Order()));
            previous = sum?.Destination ?? throw refuse($"{layers[i].Name} is not added to the input of its block");
        }
    }

    /// <summary>Table 2 of the MobileNet-v2 paper, convolution by convolution.</summary>
    private static IEnumerable<Expected> MobileNetV2Layers()
    {
        yield return new("conv", 32, 3, 3, 2, true);
        long inputs = 32;
        foreach ((long expansion, long outputs, int blocks, long stride) in Models.MobileNetV2.Stages)
        {
            for (int i = 0; i < blocks; i++)
            {
                long width = inputs * expansion, step = i == 0 ? stride : 1;
                if (expansion != 1) { yield return new("conv", width, inputs, 1, 1, true); }
                yield return new("dwconv", width, 1, 3, step, true);
                yield return new("conv", outputs, width, 1, 1, false) { AddsInputOf = step == 1 && inputs == outputs ? 2 : null };
                inputs = outputs;
            }
        }
        yield return new("conv", 1280, inputs, 1, 1, true);
    }

    /// <summary>A convolution; <c>AddsInputOf</c> says how many layers back the block began whose input is added.</summary>
    private sealed record Expected(string Operation, long Out, long In, long Kernel, long Stride, bool Relu6)
    {
        public int? AddsInputOf { get; init; }

        public override string ToString() => $"{Operation} {In} → {Out}, {Kernel}×{Kernel}, stride {Stride}{(Relu6 ? ", ReLU6" : "")}";
    }
}

/// <summary>One operation of the list; sizes are 0 where it has none.</summary>
internal sealed record QuantizedOperation(
    [property: JsonPropertyName("name")] string? Name,
    [property: JsonPropertyName("op")] string Operation,
    [property: JsonPropertyName("out")] long Out,
    [property: JsonPropertyName("inp")] long In,
    [property: JsonPropertyName("k")] long Kernel,
    [property: JsonPropertyName("stride")] long Stride,
    [property: JsonPropertyName("relu6")] bool Relu6,
    [property: JsonPropertyName("src"), JsonConverter(typeof(OneOrMany))] IReadOnlyList<long> Sources,
    [property: JsonPropertyName("dst")] long Destination);

/// <summary>Sources of an operation: a number where there is one, a list where there may be more.</summary>
internal sealed class OneOrMany : JsonConverter<IReadOnlyList<long>>
{
    public override IReadOnlyList<long> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number) { return [reader.GetInt64()]; }
        if (reader.TokenType != JsonTokenType.StartArray) { throw new JsonException("src is neither a number nor a list of numbers"); }
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType == JsonTokenType.Number) { numbers.Add(reader.GetInt64()); }
        return reader.TokenType == JsonTokenType.EndArray
            ? numbers
            : throw new JsonException("src is neither a number nor a list of numbers");
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<long> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("These files are only read.");
}
