namespace RhoLoss.Datasets.Corpus;

/// <summary>Reads the lines of a stream as bytes, one at a time, however long the stream is.</summary>
/// <param name="content">The stream; not owned.</param>
/// <param name="most">Bytes of the longest line.</param>
/// <param name="tooLong">What is thrown where a line is longer.</param>
internal sealed class LineReader(Stream content, int most, Func<Exception> tooLong)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private bool _ended;

    /// <summary>The next line without its end, good until the one after it is read; null after the last.</summary>
    public ReadOnlyMemory<byte>? Next()
    {
        int looked = _start;
        while (true)
        {
            int at = Array.IndexOf(_buffer, (byte)'\n', looked, _end - looked);
            if (at >= 0) { return Take(at, skip: 1); }
            looked = _end;
            if (_ended && _start == _end) { return null; }   // no conditional: in one, null would be an empty line
            if (_ended) { return Take(_end, skip: 0); }
            looked -= MakeRoom();
            int read = content.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            _ended = read == 0;
        }
    }

    private ReadOnlyMemory<byte> Take(int end, int skip)
    {
        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, end - _start);
        _start = end + skip;
        return line;
    }

    /// <summary>Moves what is left to the front, or makes the buffer larger.</summary>
    /// <returns>By how much it moved.</returns>
    private int MakeRoom()
    {
        int moved = _start;
        if (moved == 0 && _end == _buffer.Length)
        {
            if (_end >= most) { throw tooLong(); }
            Array.Resize(ref _buffer, Math.Min(most, _buffer.Length * 2));
        }
        else if (moved > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
        }
        return moved;
    }
}
