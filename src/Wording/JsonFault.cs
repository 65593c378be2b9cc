using System.Globalization;
using System.Text.Json;

namespace RhoLoss;

/// <summary>What is wrong with JSON, as a clause for a sentence of ours. Compiled into each assembly that reads files of JSON.</summary>
internal static class JsonFault
{
    /// <summary>The fault: where the text stops being JSON, or where in it something stands that does not belong there.</summary>
    public static string Of(JsonException e)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (e.InnerException is JsonException inner) { return Of(inner); }   // of the reader below the serializer
        if (e.GetType() != typeof(JsonException))
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"it is no JSON from line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} on");
        }
        // What our converters say stands; the serializer speaks of .NET's types, with a position but where something is missing.
        bool positioned = e.Message.Contains("| LineNumber:", StringComparison.Ordinal);
        bool missing = e.Message.StartsWith("JSON deserialization for type", StringComparison.Ordinal);
        return !positioned && !missing ? e.Message.TrimEnd('.')
            : e.Path is { Length: > 2 } path ? $"what stands at {path[2..]} is not what belongs there"
            : "it lacks something that belongs there";
    }
}
