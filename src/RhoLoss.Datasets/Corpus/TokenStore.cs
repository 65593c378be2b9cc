using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RhoLoss.Datasets.Corpus;

/// <summary>
/// The tokens of a part of a corpus on disk, each in as many bytes as the vocabulary needs: in a temporary file that has no name once it is
/// open, so that it is gone with the process however that ends. What is read often stays in the system's cache of files, and the rest takes
/// no memory.
/// </summary>
#pragma warning disable CA1001 // it lives as long as the data sets that read it; its handle is closed when none is left
internal sealed class TokenStore
#pragma warning restore CA1001
{
    private readonly SafeFileHandle _file;
    private readonly byte[] _waiting = new byte[1 << 20];
    private readonly int _width;
    private int _waitingCount;
    private long _bytes;

    /// <summary>Opens a file for the tokens of a vocabulary.</summary>
    /// <param name="vocabularySize">Number of tokens; 256 at most take a byte each, 65,536 two, more four.</param>
    public TokenStore(int vocabularySize)
    {
        _width = vocabularySize <= 1 << 8 ? sizeof(byte) : vocabularySize <= 1 << 16 ? sizeof(ushort) : sizeof(int);
        string path = Path.Combine(Path.GetTempPath(), $"rholoss-tokens-{Guid.NewGuid():N}");
        try
        {
            _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, FileOptions.DeleteOnClose);
            if (!OperatingSystem.IsWindows()) { File.Delete(path); }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(e);
        }
    }

    /// <summary>Number of tokens.</summary>
    public long Length => _bytes / _width;

    /// <summary>Puts tokens that take a byte each behind those that are there.</summary>
    /// <exception cref="InvalidInputException">There is no room for them.</exception>
    public void Append(ReadOnlySpan<byte> tokens) => AppendBytes(tokens);

    /// <summary>The same of tokens of any vocabulary.</summary>
    /// <exception cref="InvalidInputException">There is no room for them.</exception>
    public void Append(ReadOnlySpan<int> tokens)
    {
        if (_width == sizeof(int))
        {
            AppendBytes(MemoryMarshal.AsBytes(tokens));
            return;
        }
        Span<byte> bytes = stackalloc byte[1024 * sizeof(ushort)];
        Span<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (int count; tokens.Length > 0; tokens = tokens[count..])
        {
            count = Math.Min(tokens.Length, narrow.Length);
            for (int i = 0; i < count; i++)
            {
                if (_width == sizeof(byte)) { bytes[i] = (byte)tokens[i]; }
                else { narrow[i] = (ushort)tokens[i]; }
            }
            AppendBytes(bytes[..(count * _width)]);
        }
    }

    private void AppendBytes(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int now = Math.Min(bytes.Length, _waiting.Length - _waitingCount);
            bytes[..now].CopyTo(_waiting.AsSpan(_waitingCount));
            _waitingCount += now;
            _bytes += now;
            bytes = bytes[now..];
            if (_waitingCount == _waiting.Length) { Write(); }
        }
    }

    /// <summary>To be called when all tokens are there, and before they are read.</summary>
    /// <exception cref="InvalidInputException">There is no room for them.</exception>
    public void Complete() => Write();

    private void Write()
    {
        try
        {
            RandomAccess.Write(_file, _waiting.AsSpan(0, _waitingCount), _bytes - _waitingCount);
            _waitingCount = 0;
        }
        catch (IOException e)
        {
            throw CannotWrite(e);
        }
    }

    /// <summary>Reads tokens that take a byte each, by several threads at once if they like.</summary>
    public void Read(long offset, Span<byte> tokens) => ReadBytes(offset, tokens);

    /// <summary>The same of tokens of any vocabulary.</summary>
    public void Read(long offset, Span<int> tokens)
    {
        switch (_width)
        {
            case sizeof(byte):
                Span<byte> bytes = stackalloc byte[tokens.Length];
                ReadBytes(offset, bytes);
                for (int i = 0; i < bytes.Length; i++) { tokens[i] = bytes[i]; }
                break;
            case sizeof(ushort):
                Span<ushort> narrow = stackalloc ushort[tokens.Length];
                ReadBytes(offset * sizeof(ushort), MemoryMarshal.AsBytes(narrow));
                for (int i = 0; i < narrow.Length; i++) { tokens[i] = narrow[i]; }
                break;
            default:
                ReadBytes(offset * sizeof(int), MemoryMarshal.AsBytes(tokens));
                break;
        }
    }

    private void ReadBytes(long offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int read = RandomAccess.Read(_file, bytes, offset);
            if (read == 0) { throw new EndOfStreamException("The temporary file of tokens ended too early."); }
            offset += read;
            bytes = bytes[read..];
        }
    }

    private static InvalidInputException CannotWrite(Exception e) => new(
        $"{Path.GetTempPath()}: a temporary file for the tokens of a corpus cannot be written ({e.Message}). "
        + "Make room there, or name another folder with the environment variable TMPDIR.", e);
}
