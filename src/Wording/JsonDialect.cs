using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RhoLoss;

/// <summary>
/// The one dialect of JSON that is written here, to files and to standard output: names in camel case, numbers alike in every culture, null
/// for what is not finite, characters as they are, and line ends of one character. Compiled into each assembly that writes it.
/// </summary>
internal static class JsonDialect
{
    /// <summary>A document, indented, each of whose required fields must be there when it is read.</summary>
    public static JsonSerializerOptions Document { get; } = Create(indented: true);

    /// <summary>The same on one line.</summary>
    public static JsonSerializerOptions Line { get; } = Create(indented: false);

    /// <summary>
    /// The same, read whatever the case of its names is: those of earlier versions began with a capital letter where nobody but this
    /// program reads them.
    /// </summary>
    public static JsonSerializerOptions AnyCase { get; } = new(Line) { PropertyNameCaseInsensitive = true };

    private static JsonSerializerOptions Create(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = indented,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,   // nothing here is put into a page unescaped
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new Finite<double>(), new Finite<float>() },
    };

    /// <summary>
    /// Numbers that JSON cannot hold are null. 1e999 is valid JSON and reads as infinity, which nothing here ever wrote.
    /// </summary>
    private sealed class Finite<T> : JsonConverter<T>
        where T : struct, System.Numerics.IFloatingPoint<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            double number = reader.GetDouble();
            return double.IsFinite(number) ? T.CreateChecked(number) : throw new JsonException("A number must be finite.");
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            if (!T.IsFinite(value)) { writer.WriteNullValue(); }
            else if (value is float single) { writer.WriteNumberValue(single); }
            else { writer.WriteNumberValue(double.CreateChecked(value)); }
        }
    }
}
