using System.Text.Json;
using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Arms;

/// <summary>What an arm keeps of itself as JSON, in its checkpoints and when it is done.</summary>
internal static class ArmState
{
    /// <summary>The value as JSON.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, JsonDialect.Line);

    /// <summary>Reads what <see cref="Write"/> gave.</summary>
    /// <param name="json">The text.</param>
    /// <param name="where">Where it stands, for the error.</param>
    /// <param name="fix">What to do, for the error.</param>
    /// <exception cref="InvalidInputException">It is something else.</exception>
    public static T Read<T>(string json, string where, string fix)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, JsonDialect.AnyCase) ?? throw new JsonException("It holds null.");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException($"{where} is damaged: {JsonFault.Of(e)}. {fix}", e);
        }
        catch (ArgumentException e)   // a rule of points
        {
            throw new InvalidInputException($"{where} is damaged: a point has a metric of a name that no metric can have. {fix}", e);
        }
    }

    /// <summary>Refuses a checkpoint of another run.</summary>
    /// <exception cref="InvalidInputException">The value is another.</exception>
    public static void RequireSame(Checkpoint checkpoint, string what, string expected)
    {
        if (checkpoint.Get(what) == expected) { return; }
        throw new InvalidInputException(
            $"The checkpoint to resume has {what} {checkpoint.Get(what)}, but this run has {expected}. "
            + "Resume with the recipe it was started with, or start a new run.");
    }

    /// <summary>The points of an arm so far: none of them is absent or lacks what the run is judged by.</summary>
    /// <exception cref="InvalidInputException">One does.</exception>
    public static IReadOnlyList<MeasuredPoint> Checked(IReadOnlyList<MeasuredPoint?> points, Metric metric, string where, string fix) =>
        points.All(point => point?.Metrics.GetValueOrDefault(metric.NameInPoints) is not null)
            ? [.. points.Select(point => point!)]
            : throw new InvalidInputException($"{where} is damaged: a point is null or has no {metric.NameInPoints}. {fix}");
}
