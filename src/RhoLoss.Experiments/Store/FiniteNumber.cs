using System.Text.Json;
using System.Text.Json.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>
/// Numbers of a run's files: 1e999 is valid JSON and reads as infinity, which nothing here ever wrote and JSON cannot hold.
/// </summary>
internal sealed class FiniteNumber : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        double number = reader.GetDouble();
        return double.IsFinite(number) ? number : throw new JsonException("A number must be finite.");
    }

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
