using Microsoft.Win32.SafeHandles;

namespace RhoLoss.Datasets.Corpus;

/// <summary>
/// The tokens of a part of a corpus, one byte each, on disk: in a temporary file that has no name once it is open, so that it is gone with
/// the process however that ends. What is read often stays in the system's cache of files, and the rest takes no memory.
/// </summary>
#pragma warning disable CA1001 // it lives as long as the data sets that read it; its handle is closed when none is left
internal sealed class TokenStore
#pragma warning restore CA1001
{
    private readonly SafeFileHandle _file;
    private readonly byte[] _waiting = new byte[1 << 20];
    private int _waitingCount;

    public TokenStore()
    {
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
    public long Length { get; private set; }

    /// <summary>Puts tokens behind those that are there.</summary>
    /// <exception cref="InvalidInputException">There is no room for them.</exception>
    public void Append(ReadOnlySpan<byte> tokens)
    {
        while (tokens.Length > 0)
        {
            int now = Math.Min(tokens.Length, _waiting.Length - _waitingCount);
            tokens[..now].CopyTo(_waiting.AsSpan(_waitingCount));
            _waitingCount += now;
            Length += now;
            tokens = tokens[now..];
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
            RandomAccess.Write(_file, _waiting.AsSpan(0, _waitingCount), Length - _waitingCount);
            _waitingCount = 0;
        }
        catch (IOException e)
        {
            throw CannotWrite(e);
        }
    }

    /// <summary>Reads tokens, by several threads at once if they like.</summary>
    public void Read(long offset, Span<byte> tokens)
    {
        while (tokens.Length > 0)
        {
            int read = RandomAccess.Read(_file, tokens, offset);
            if (read == 0) { throw new EndOfStreamException("The temporary file of tokens ended too early."); }
            offset += read;
            tokens = tokens[read..];
        }
    }

    private static InvalidInputException CannotWrite(Exception e) => new(
        $"{Path.GetTempPath()}: a temporary file for the tokens of a corpus cannot be written ({e.Message}). "
        + "Make room there, or name another folder with the environment variable TMPDIR.", e);
}
