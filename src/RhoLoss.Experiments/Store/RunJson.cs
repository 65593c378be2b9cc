using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Store;

/// <summary>How the records of a run become JSON: names in camel case, every field required when read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    NewLine = "\n", RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(FiniteNumber)])]
[JsonSerializable(typeof(ComparisonSummary))]
[JsonSerializable(typeof(EnvironmentReport))]
[JsonSerializable(typeof(MeasuredThreads))]
[JsonSerializable(typeof(KeptNotices))]
[JsonSerializable(typeof(RhoLoss.Experiments.Workflows.StartedRun))]
[JsonSerializable(typeof(RhoLoss.Experiments.Approximations.LadderResult))]
[JsonSerializable(typeof(RhoLoss.Experiments.Paper.Reproduction))]
[JsonSerializable(typeof(RhoLoss.Experiments.Workflows.SweepSummary))]
internal sealed partial class RunJson : JsonSerializerContext;

/// <summary>Reads a JSON file of a run and says what is wrong with it.</summary>
internal static class RunJsonFile
{
    public static T Read<T>(string path, JsonTypeInfo<T> type)
    {
        SpecialFile.Refuse(path);
        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, type) ?? throw new JsonException("It holds null.");
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
