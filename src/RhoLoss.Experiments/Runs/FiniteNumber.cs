using System.Text.Json;
using System.Text.Json.Serialization;

namespace RhoLoss.Experiments.Runs;

/// <summary>A number of a run's JSON. 1e999 is infinity to the reader and cannot be written again, so it is refused where it is read.</summary>
internal sealed class FiniteNumber : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        double number = reader.GetDouble();
        return double.IsFinite(number) ? number : throw new JsonException("A number must be finite.");
    }

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
