using System.Text.Json;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>Records of a run as files of JSON.</summary>
internal static class RunJson
{
    /// <summary>A record as an indented document, without a line end.</summary>
    public static string Write<T>(T record) => JsonSerializer.Serialize(record, JsonDialect.Document);

    /// <summary>Writes a record as a file, whole or not at all.</summary>
    public static void Save<T>(T record, string path) => AtomicFile.WriteAllText(path, Write(record) + "\n");

    /// <summary>Reads a file and says what is wrong with it.</summary>
    /// <exception cref="InvalidInputException">It cannot be read, or is no such record.</exception>
    public static T Read<T>(string path)
    {
        SpecialFile.Refuse(path);
        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(stream, JsonDialect.Document) ?? throw new JsonException("It holds null.");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException($"{path} is not a valid {typeof(T).Name}: {JsonFault.Of(e)}. Give a file that rho wrote.", e);
        }
        catch (ArgumentException e)   // a rule of points
        {
            throw new InvalidInputException(
                $"{path} is not a valid {typeof(T).Name}: a point has a metric of a name that no metric can have. "
                + "Give a file that rho wrote.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(
                $"{path} cannot be read: {e.Message} Check the path; a run that did not finish has no summary.json.", e);
        }
    }
}
