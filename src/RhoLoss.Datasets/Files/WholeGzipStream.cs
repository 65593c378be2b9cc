using System.Buffers.Binary;
using System.IO.Compression;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.GZip;

namespace RhoLoss.Datasets.Files;

/// <summary>
/// Unpacks gzip and, when its end is reached, makes sure that it was the end of the file's content: .NET takes a file that was cut short
/// for a shorter one.
/// </summary>
internal sealed class WholeGzipStream(FileStream file) : Stream
{
    private const int LengthBytes = 4;   // the last of a gzip member: the length of its content, modulo 2³²
    private readonly GZipStream _content = new(file, CompressionMode.Decompress);
    private long _unpacked;
    private bool _checked;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="InvalidInputException">The content is over, but the file is not whole.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read = _content.Read(buffer);
        _unpacked += read;
        if (read == 0 && buffer.Length > 0 && !_checked)
        {
            RequireEnd();
            _checked = true;
        }
        return read;
    }

    private void RequireEnd()
    {
        Span<byte> last = stackalloc byte[LengthBytes];
        using (FileStream again = File.OpenRead(file.Name))
        {
            again.Position = Math.Max(0, again.Length - LengthBytes);
            again.ReadExactly(last[..(int)Math.Min(LengthBytes, again.Length)]);
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(last) == unchecked((uint)_unpacked)) { return; }
        if (IsWhole()) { return; }   // several members one after the other, or something behind the last
        throw new InvalidInputException(
            $"{file.Name}: the file is gzip and cut short: its content breaks off after {Counted.Of(_unpacked, "byte")}. "
            + "Copy or fetch it again.");
    }

    /// <summary>By a reader that asks for every member's end; slower, and only where lengths differ.</summary>
    private bool IsWhole()
    {
        try
        {
            using var members = new GZipInputStream(File.OpenRead(file.Name));
            byte[] buffer = new byte[1 << 16];
            while (members.Read(buffer, 0, buffer.Length) > 0) { }
            return true;
        }
        catch (Exception e) when (e is SharpZipBaseException or EndOfStreamException)
        {
            return false;
        }
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
            file.Dispose();
        }
        base.Dispose(disposing);
    }
}
