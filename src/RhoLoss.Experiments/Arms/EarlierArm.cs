using System.Text.Json;
using System.Text.Json.Nodes;

namespace RhoLoss.Experiments.Arms;

/// <summary>
/// Finished arms as they were written before points had metrics by name: entries of <c>Epochs</c> with a field each.
/// They are read as points.
/// </summary>
internal static class EarlierArm
{
    private static readonly string[] Metrics = ["Accuracy", "TestLoss", "TrainLoss"];
    private static readonly string[] Shares = ["Selected", "Corrupted", "LowRelevance", "AlreadyCorrect"];

    /// <summary>The text as it would be written now; the same text where it is of now, or is nothing that was ever written.</summary>
    public static string Translate(string json)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject finished || finished["Arm"] is not JsonObject arm
                || arm["Epochs"] is not JsonArray epochs)
            {
                return json;
            }
            arm["Points"] = new JsonArray([.. epochs.Select(Point)]);
            arm.Remove("Epochs");
            return finished.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return json;   // whoever reads it says what is wrong
        }
    }

    private static JsonObject Point(JsonNode? entry)
    {
        JsonObject epoch = entry as JsonObject ?? throw new JsonException("An epoch is no object.");
        JsonObject selected = Required(epoch, "Selected").AsObject();
        var metrics = new JsonObject();
        foreach (string name in Metrics) { metrics[JsonNamingPolicy.CamelCase.ConvertName(name)] = Required(epoch, name); }
        foreach (string name in Shares)
        {
            metrics[$"selected.{JsonNamingPolicy.CamelCase.ConvertName(name)}"] = selected[name]?.DeepClone();
        }
        return new JsonObject
        {
            ["Step"] = Required(epoch, "Step"),
            ["Epoch"] = Required(epoch, "Epoch"),
            ["Seconds"] = Required(epoch, "Seconds"),
            ["scoringSeconds"] = Required(epoch, "ScoringSeconds"),
            ["ExamplesTrained"] = Required(epoch, "ExamplesTrained"),
            ["examplesScored"] = Required(epoch, "ExamplesScored"),
            ["Metrics"] = metrics,
            ["SelectedSha256"] = epoch["SelectedSha256"]?.DeepClone(),
        };
    }

    private static JsonNode Required(JsonObject of, string name) =>
        of[name]?.DeepClone() ?? throw new JsonException($"It has no {name}.");
}
