using System.IO.MemoryMappedFiles;

namespace RhoLoss.Reliability.Fuzz;

/// <summary>How far a batch in a process of its own is, in a small shared file: it stays when the process dies.</summary>
internal sealed class BatchProgress : IDisposable
{
    private const int Numbers = 4;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Opens the file, or makes it.</summary>
    public BatchProgress(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Numbers * sizeof(long));
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Number of the input that is being read.</summary>
    public long Number => _view.ReadInt64(0);

    /// <summary>Inputs before it, without what is only known at the end.</summary>
    public BatchReport Report => BatchReport.Empty with { Accepted = At(1), Refused = At(2), Faulty = At(3) };

    /// <summary>Before an input is read.</summary>
    public void Set(long number, BatchReport before)
    {
        long[] values = [number, before.Accepted, before.Refused, before.Faulty];
        for (int i = 0; i < Numbers; i++) { _view.Write(i * sizeof(long), values[i]); }
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private long At(int i) => _view.ReadInt64(i * sizeof(long));
}
