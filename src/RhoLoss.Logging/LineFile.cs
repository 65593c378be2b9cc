using System.Text;
using RhoLoss.Serialization;

namespace RhoLoss.Logging;

/// <summary>A text file that grows by whole lines, and can be cut back to one. Not for several threads.</summary>
internal sealed class LineFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;

    /// <summary>
    /// Opens the file, or makes an empty one and its folder. A half last line, as a killed process leaves it, is dropped.
    /// </summary>
    /// <exception cref="InvalidInputException">The file cannot be opened for writing.</exception>
    /// <exception cref="IOException">The machine fails.</exception>
    public LineFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        SpecialFile.Refuse(path);
        _stream = Guard(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? path);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        });
        Guard(() => Cut(EndOfLastLine()));
    }

    /// <summary>Its path as it was given.</summary>
    public string Location => _path;

    /// <summary>Length in bytes: the end of the last line.</summary>
    public long Length => _stream.Length;

    /// <summary>Appends a line and hands it to the operating system, so that it survives the process.</summary>
    /// <param name="line">UTF-8, without the line break.</param>
    /// <exception cref="IOException">The line cannot be written, because the disk is full for example; the file ends with the
    /// line before.</exception>
    public void Append(byte[] line)
    {
        long start = Length;
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

    /// <summary>All lines.</summary>
    public string[] Lines() => Encoding.UTF8.GetString(Bytes()).Split('\n')[..^1];

    /// <summary>Length of the file that has only the first of its lines, of which there are enough.</summary>
    public long LengthOf(long lines)
    {
        byte[] bytes = Bytes();
        int end = 0;
        for (long line = 0; line < lines; line++) { end = Array.IndexOf(bytes, (byte)'\n', end) + 1; }
        return end;
    }

    private byte[] Bytes() => Guard(() =>
    {
        byte[] bytes = new byte[Length];
        _stream.Position = 0;
        _stream.ReadExactly(bytes);
        return bytes;
    });

    /// <summary>Flushes to the disk itself.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void FlushToDisk() => Guard(() =>
    {
        _stream.Flush(flushToDisk: true);
        return true;
    });

    /// <summary>Drops every line after a length that the file once had.</summary>
    /// <exception cref="InvalidInputException">
    /// The file is shorter than that, or no line ends there: it is not the file of that time.
    /// </exception>
    public void CutTo(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > Length)
        {
            throw new InvalidInputException(
                string.Create(System.Globalization.CultureInfo.InvariantCulture,
                    $"{_path} has {Length} bytes of whole lines, but the checkpoint was written after {length}: lines are missing. ")
                + "Restore the file, or start a new run in another folder.");
        }
        if (Guard(() => length > 0 && ByteAt(length - 1) != '\n'))
        {
            throw new InvalidInputException(
                string.Create(System.Globalization.CultureInfo.InvariantCulture,
                    $"{_path} has no line that ends at byte {length}, where the checkpoint was written: the file was changed. ")
                + "Restore it, or start a new run in another folder.");
        }
        Guard(() => Cut(length));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private long EndOfLastLine()
    {
        long end = _stream.Length;
        while (end > 0 && ByteAt(end - 1) != '\n') { end--; }
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
        WriteFailure.Of($"{_path} cannot be written: {e.Message}", "Allow writing there, or choose another folder.", e);
}
