using System.Globalization;
using System.Text;
using RhoLoss.Serialization;

namespace RhoLoss.Logging;

/// <summary>
/// Measured points as a table with commas, a row each and a column each metric; what is not known is empty. A metric that comes later
/// gets a column then, empty in the rows above.
/// </summary>
public sealed class CsvLog : IRunLog
{
    private readonly string _path;
    private LineFile _file;
    private List<string> _columns;
    private long _rows;

    /// <summary>
    /// Opens the file, or makes an empty one and its folder. A half last line, as a killed process leaves it, is dropped.
    /// </summary>
    /// <param name="path">The file, <c>metrics.csv</c> for example.</param>
    /// <exception cref="InvalidInputException">The file cannot be opened for writing, or is another table.</exception>
    /// <exception cref="IOException">The machine fails.</exception>
    public CsvLog(string path)
    {
        _path = path;
        _file = new LineFile(path);
        try
        {
            (_columns, _rows) = Header(_file.Lines());
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Name of the file.</summary>
    public string Name => Path.GetFileName(_path);

    /// <summary>Rows, without the header.</summary>
    public long? Position => _rows;

    /// <summary>Appends a row and hands it to the operating system, so that it survives the process.</summary>
    /// <exception cref="IOException">The row cannot be written, because the disk is full for example.</exception>
    public void Write(RunEvent e)
    {
        if (e is not RunEvent.Measured m) { return; }
        Dictionary<string, object?> fields = PointFields.Of(m.Arm, m.Point).ToDictionary(f => f.Name, f => f.Value, StringComparer.Ordinal);
        AddColumns([.. fields.Keys.Except(_columns, StringComparer.Ordinal)]);
        _file.Append(Row(_columns.Select(column => fields.GetValueOrDefault(column))));
        _rows++;
    }

    /// <inheritdoc/>
    public void CutTo(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (position > _rows)
        {
            throw new InvalidInputException(
                FormattableString.Invariant($"{_path} has {Counted.Of(_rows, "row")}, but the checkpoint was written after {position}: ")
                + "rows are missing. Restore the file, or start a new run in another folder.");
        }
        if (position == _rows) { return; }
        _file.CutTo(position == 0 ? 0 : _file.LengthOf(position + 1));
        _rows = position;
        if (position == 0) { _columns = []; }
    }

    /// <inheritdoc/>
    public void Flush() => _file.FlushToDisk();

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private (List<string> Columns, long Rows) Header(string[] lines)
    {
        if (lines.Length == 0) { return ([], 0); }
        List<string> columns = [.. lines[0].Split(',')];
        if (!columns.Take(PointFields.Fixed.Count).SequenceEqual(PointFields.Fixed))
        {
            throw new InvalidInputException(
                $"{_path} is not a table of measured points: its header begins '{lines[0][..Math.Min(40, lines[0].Length)]}', but must "
                + $"begin '{string.Join(',', PointFields.Fixed)}'. Restore the file, or write to another.");
        }
        return (columns, lines.Length - 1);
    }

    /// <summary>Writes the header, or writes the file anew with more columns.</summary>
    private void AddColumns(string[] added)
    {
        if (added.Length == 0) { return; }
        _columns.AddRange(added);
        string[] rows = [.. _file.Lines().Skip(1).Select(row => row + new string(',', added.Length))];
        _file.Dispose();
        AtomicFile.WriteAllText(_path, string.Concat(rows.Prepend(string.Join(',', _columns)).Select(line => line + "\n")));
        _file = new LineFile(_path);
    }

    private static byte[] Row(IEnumerable<object?> values) =>
        Encoding.UTF8.GetBytes(string.Join(',', values.Select(value => Cell(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""))));

    /// <summary>Quoted where it must be, by RFC 4180; no value has a line break.</summary>
    private static string Cell(string text) =>
        text.AsSpan().ContainsAny(",\"") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
