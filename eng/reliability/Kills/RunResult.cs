using System.Security.Cryptography;
using System.Text.Json.Nodes;
using RhoLoss.Reliability.Formats;

namespace RhoLoss.Reliability.Kills;

/// <summary>
/// Everything a finished run left that the clock did not make, as named values: the summary, every line of the metrics, every tensor of
/// every checkpoint, of what was found of each example
/// and of the irreducible losses, and which files there are. Whether the irreducible losses were trained by this process or by
/// one that was killed before it is no result either.
/// </summary>
internal sealed class RunResult
{
    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Reads what a run left in its folder, and the irreducible losses beside it.</summary>
    public RunResult(string folder)
    {
        _values["summary.json"] = WithoutTimes(File.ReadAllText(Path.Combine(folder, "summary.json")));
        foreach ((int number, string line) in File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Index())
        {
            _values[$"metrics.jsonl, line {number + 1:D4}"] = WithoutTimes(line);
        }
        AddTensors(RunKind.IrreducibleLossFileOf(folder), "irreducible losses");
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(folder, path);
            if (name.EndsWith(".tmp", StringComparison.Ordinal)) { LeftBehind++; }
            else if (name.StartsWith("checkpoints", StringComparison.Ordinal) || name.StartsWith("examples", StringComparison.Ordinal))
            {
                AddTensors(path, name);
            }
            else if (name.StartsWith("tensorboard", StringComparison.Ordinal)) { }   // a resumed run adds an event file
            else { _values[$"file {name}"] = "there"; }
        }
    }

    /// <summary>Temporary files of writes that were killed and that nobody removed.</summary>
    public int LeftBehind { get; }

    /// <summary>What differs between this, the uninterrupted run's, and another; empty when nothing does.</summary>
    public IReadOnlyList<string> DifferencesFrom(RunResult other) =>
    [
        .. _values.Keys.Union(other._values.Keys, StringComparer.Ordinal)
            .Where(name => _values.GetValueOrDefault(name) != other._values.GetValueOrDefault(name))
            .Select(name =>
                $"{name}: {Short(_values.GetValueOrDefault(name))} without kills, "
                + $"{Short(other._values.GetValueOrDefault(name))} with them"),
    ];

    private void AddTensors(string path, string name)
    {
        foreach (DraftTensor tensor in SafetensorsDraft.Parse(File.ReadAllBytes(path)).Tensors)
        {
            string hash = Convert.ToHexStringLower(SHA256.HashData(tensor.Bytes));
            _values[$"{name}, {tensor.Name}"] = $"{tensor.Type} [{string.Join(", ", tensor.Shape)}] {hash}";
        }
    }

    private static string WithoutTimes(string json)
    {
        JsonNode document = JsonNode.Parse(json)!;
        Remove(document);
        return document.ToJsonString();
    }

    private static void Remove(JsonNode? node)
    {
        if (node is JsonArray items)
        {
            foreach (JsonNode? item in items) { Remove(item); }
        }
        else if (node is JsonObject members)
        {
            foreach (string name in members.Select(m => m.Key).Where(IsClock).ToArray()) { members.Remove(name); }
            foreach ((_, JsonNode? member) in members) { Remove(member); }
        }
    }

    private static bool IsClock(string name) => name.Contains("seconds", StringComparison.OrdinalIgnoreCase) || name == "reused";

    private static string Short(string? value) => value is null ? "nothing" : value.Length <= 200 ? value : value[..200] + "…";
}
