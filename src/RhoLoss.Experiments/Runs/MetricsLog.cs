using System.Text.Json;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Runs;

/// <summary>
/// Appends one JSON object a line to <c>metrics.jsonl</c>. A checkpoint remembers <see cref="Position"/>, and a resumed run
/// cuts the file back to it, so that no step is logged twice. Not for several threads.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    private readonly string _path;
    private readonly FileStream _stream;

    /// <summary>Opens the file, or makes an empty one. A half last line, as a killed process leaves it, is dropped.</summary>
    /// <exception cref="InvalidInputException">The file cannot be opened for writing.</exception>
    public MetricsLog(string path)
    {
        _path = path;
        _stream = Guard(() => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        Guard(() => Cut(EndOfLastLine()));
    }

    /// <summary>Length of the file in bytes: the end of the last line.</summary>
    public long Position => _stream.Length;

    /// <summary>Appends a value as one line and hands it to the operating system, so that it survives the process.</summary>
    /// <param name="entry">A record, dictionary or anonymous object; its names are written in camel case.</param>
    /// <exception cref="IOException">The line cannot be written, because the disk is full for example; the file ends with the
    /// line before.</exception>
    public void Append<T>(T entry)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(entry, Options);
        if (line[0] != (byte)'{')
            throw new ArgumentException("A line of metrics must be a JSON object.", nameof(entry));
        var start = Position;
        try
        {
            _stream.Write([.. line, (byte)'\n']);
            _stream.Flush();
        }
        catch (IOException e)
        {
            Guard(() => Cut(start));
            throw Unwritable(e);
        }
    }

    /// <summary>Flushes to the disk itself; call before a checkpoint that remembers <see cref="Position"/> is written.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void FlushToDisk() => Guard(() =>
    {
        _stream.Flush(flushToDisk: true);
        return true;
    });

    /// <summary>Drops every line after a position that <see cref="Position"/> once returned.</summary>
    /// <exception cref="InvalidInputException">
    /// The file is shorter than that, or no line ends there: it is not the file of that checkpoint.
    /// </exception>
    public void TruncateTo(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (position > Position)
            throw new InvalidInputException(
                $"{_path} has {Position} bytes of whole lines, but the checkpoint was written after {position}: lines are missing. "
                + "Restore the file, or start a new run with another --out.");
        if (Guard(() => position > 0 && ByteAt(position - 1) != '\n'))
            throw new InvalidInputException(
                $"{_path} has no line that ends at byte {position}, where the checkpoint was written: the file was changed. "
                + "Restore it, or start a new run with another --out.");
        Guard(() => Cut(position));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private long EndOfLastLine()
    {
        var end = _stream.Length;
        while (end > 0 && ByteAt(end - 1) != '\n')
            end--;
        return end;
    }

    private int ByteAt(long position)
    {
        _stream.Position = position;
        return _stream.ReadByte();
    }

    private bool Cut(long length)
    {
        _stream.SetLength(length);
        _stream.Position = length;
        return true;
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    private Exception Unwritable(Exception e) =>
        WriteFailure.Of($"{_path} cannot be written: {e.Message}", "Allow writing there, or give another --out.", e);
}
