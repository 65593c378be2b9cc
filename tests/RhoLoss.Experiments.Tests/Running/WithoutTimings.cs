using System.Text.Json.Nodes;

namespace RhoLoss.Experiments.Tests.Running;

/// <summary>JSON of a run without what the clock put into it, so that two runs can be compared letter for letter.</summary>
internal static class WithoutTimings
{
    /// <summary>The lines of <c>metrics.jsonl</c>.</summary>
    public static string[] Metrics(string path) => [.. File.ReadAllLines(path).Select(Of)];

    /// <summary>The lines of <c>metrics.csv</c>.</summary>
    public static string[] Table(string path)
    {
        string[][] rows = [.. File.ReadAllLines(path).Select(line => line.Split(','))];
        return
        [
            .. rows.Select(row => string.Join(
                ',', row.Where((_, column) => !rows[0][column].Contains("seconds", StringComparison.OrdinalIgnoreCase)))),
        ];
    }

    /// <summary>One document; the names of all measured times contain "seconds".</summary>
    public static string Of(string json)
    {
        JsonNode document = JsonNode.Parse(json)!;
        Remove(document);
        return document.ToJsonString();
    }

    private static void Remove(JsonNode? node)
    {
        switch (node)
        {
            case JsonArray array:
                foreach (JsonNode? item in array) { Remove(item); }
                break;
            case JsonObject members:
                foreach (string name in members.Select(m => m.Key)
                    .Where(n => n.Contains("seconds", StringComparison.OrdinalIgnoreCase)).ToArray())
                {
                    members.Remove(name);
                }
                foreach ((_, JsonNode? member) in members) { Remove(member); }
                break;
        }
    }
}
