namespace RhoLoss.Datasets.Images;

/// <summary>Reads a file forwards in blocks, passing over most of it.</summary>
/// <param name="file">The file, seekable, of known length.</param>
internal sealed class ForwardBytes(Stream file)
{
    private readonly byte[] _block = new byte[1 << 14];
    private int _at, _end;

    /// <summary>Reads as many bytes as there are, at most those that fit.</summary>
    public int Read(Span<byte> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            int next = ReadByte();
            if (next < 0) { return i; }
            destination[i] = (byte)next;
        }
        return destination.Length;
    }

    /// <summary>The next byte; −1 at the end.</summary>
    public int ReadByte() => _at < _end || Fill() ? _block[_at++] : -1;

    /// <summary>Moves behind the next byte of this value; false if there is none.</summary>
    public bool SkipPast(byte value)
    {
        while (_at < _end || Fill())
        {
            int found = _block.AsSpan(_at.._end).IndexOf(value);
            if (found >= 0)
            {
                _at += found + 1;
                return true;
            }
            _at = _end;
        }
        return false;
    }

    /// <summary>Moves on by so many bytes; false if the file has fewer.</summary>
    public bool Skip(long count)
    {
        if (count <= _end - _at)
        {
            _at += (int)count;
            return true;
        }
        return MoveTo(file.Position - (_end - _at) + count);
    }

    /// <summary>Moves to a position in the file; false if the file ends before it.</summary>
    public bool MoveTo(long position)
    {
        if (position > file.Length) { return false; }
        file.Position = position;
        _at = _end = 0;
        return true;
    }

    private bool Fill()
    {
        _at = 0;
        _end = file.ReadAtLeast(_block, 1, throwOnEndOfStream: false);
        return _end > 0;
    }
}
