using System.Text.Json;
using System.Text.Json.Nodes;

namespace RhoLoss.Logging;

/// <summary>
/// One JSON object a line: <c>kind</c> is <c>epoch</c> for a measured point, <c>step</c> for a step that is kept, <c>gate</c> for a
/// decision of a gate. Metrics stand beside the other values of a point, those of a group in an object of the group's name.
/// </summary>
public sealed class JsonLinesLog : IRunLog
{
    private readonly LineFile _file;

    /// <summary>
    /// Opens the file, or makes an empty one and its folder. A half last line, as a killed process leaves it, is dropped.
    /// </summary>
    /// <param name="path">The file, <c>metrics.jsonl</c> for example.</param>
    /// <exception cref="InvalidInputException">The file cannot be opened for writing.</exception>
    /// <exception cref="IOException">The machine fails.</exception>
    public JsonLinesLog(string path) => _file = new LineFile(path);

    /// <summary>Name of the file.</summary>
    public string Name => Path.GetFileName(_file.Location);

    /// <summary>Length of the file in bytes: the end of the last line.</summary>
    public long? Position => _file.Length;

    /// <summary>Appends a line and hands it to the operating system, so that it survives the process.</summary>
    /// <exception cref="IOException">The line cannot be written, because the disk is full for example; the file ends with the
    /// line before.</exception>
    public void Write(RunEvent e)
    {
        JsonObject? line = e switch
        {
            RunEvent.Measured m => Line("epoch", PointFields.Of(m.Arm, m.Point), ("selectedSha256", m.Point.SelectedSha256)),
            RunEvent.Stepped s => Line("step", Names(s.Arm), ("step", s.Step), ("loss", s.Loss), ("quantiles", s.Quantiles)),
            RunEvent.GateDecided g => Line("gate", Names(g.Arm), ("decision", g.Decision)),
            _ => null,
        };
        if (line is not null) { _file.Append(JsonSerializer.SerializeToUtf8Bytes(line, JsonDialect.Line)); }
    }

    /// <inheritdoc/>
    public void CutTo(long position) => _file.CutTo(position);

    /// <inheritdoc/>
    public void Flush() => _file.FlushToDisk();

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<(string, object?)> Names(Arm arm) => [("method", arm.Method), ("seed", arm.Seed)];

    private static JsonObject Line(string kind, IEnumerable<(string, object?)> fields, params IEnumerable<(string, object?)> more)
    {
        var line = new JsonObject { ["kind"] = kind };
        foreach ((string name, object? value) in fields.Concat(more))
        {
            JsonObject group = line;
            string[] names = name.Split('.');
            foreach (string outer in names[..^1])
            {
                if (group[outer] is null) { group[outer] = new JsonObject(); }
                group = group[outer]!.AsObject();
            }
            group[names[^1]] = JsonSerializer.SerializeToNode(value, JsonDialect.Line);
        }
        return line;
    }
}
