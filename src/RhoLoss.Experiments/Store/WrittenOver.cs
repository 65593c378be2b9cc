using System.Text.Json;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>
/// At places that somebody names, a file is written over only where it is recognisably of the kind that is written there: a mistyped name
/// must not cost a photo, a table or somebody's weights.
/// </summary>
internal static class WrittenOver
{
    /// <summary>Looks at what is there, before the work whose result is to be written.</summary>
    /// <param name="path">Where it is to be written.</param>
    /// <param name="what">What is written there, with its article.</param>
    /// <param name="isOne">Whether a file is such a thing; an <see cref="InvalidInputException"/> says that it is none.</param>
    /// <param name="fix">What to do about another file, a sentence.</param>
    /// <exception cref="InvalidInputException">Something else is there.</exception>
    public static void Require(string path, string what, Predicate<string> isOne, string fix)
    {
        SpecialFile.Refuse(path);
        if (!Path.Exists(path) || (File.Exists(path) && Is(path, isOne))) { return; }
        throw new InvalidInputException($"{path} is there already and is not {what} that rho wrote, so it is not written over. {fix}");
    }

    /// <summary>
    /// Whether a file begins as a safetensors file with such an entry of its metadata, which come first in those that are written here. Cut
    /// or damaged behind that, it is still recognisably ours.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="key">Name of the entry.</param>
    /// <param name="start">How its value begins.</param>
    public static bool BeginsWith(string path, string key, string start = "")
    {
        const int lengthBytes = 8, enough = 1 << 16;
        byte[] bytes = new byte[enough];
        using FileStream file = File.OpenRead(path);
        int read = file.ReadAtLeast(bytes, enough, throwOnEndOfStream: false);
        if (read <= lengthBytes) { return false; }
        var json = new Utf8JsonReader(bytes.AsSpan(lengthBytes, read - lengthBytes), isFinalBlock: false, default);
        try
        {
            bool metadata = json.Read() && json.TokenType == JsonTokenType.StartObject
                && json.Read() && json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("__metadata__") && json.Read();
            while (metadata && json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                bool found = json.ValueTextEquals(key);
                if (!json.Read() || json.TokenType != JsonTokenType.String) { return false; }
                if (found) { return json.GetString()!.StartsWith(start, StringComparison.Ordinal); }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // the latter of bytes that are no UTF-8
        {
            return false;
        }
        return false;
    }

    private static bool Is(string path, Predicate<string> isOne)
    {
        try
        {
            return isOne(path);
        }
        catch (InvalidInputException)
        {
            return false;   // who reads files of that kind cannot read it
        }
    }
}
