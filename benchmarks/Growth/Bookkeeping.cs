using System.Globalization;
using System.Runtime.InteropServices;
using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace Growth;

/// <summary>A data set of one size with its table of irreducible losses, and trainers that select from it.</summary>
internal sealed class Bookkeeping : IDisposable
{
    private readonly LabeledDataset _data;
    private readonly IrreducibleLosses _table;
    private readonly Tensor _losses;
    private readonly List<Sized> _sized = [];
    private readonly long _before;

    /// <summary>Makes the data, then what a run holds beside them.</summary>
    public Bookkeeping(int count, bool everyOther, bool fromFile)
    {
        using IDisposable scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        Tensor labels = randint(0, 2, [count], dtype: int64, generator: generator);
        Tensor ids = everyOther ? arange(0, 2L * count, 2, dtype: int64) : arange(count, dtype: int64);
        _losses = rand(100_000, generator: generator).DetachFromDisposeScope();   // of the scorer, where a network would be
        _data = new LabeledDataset(rand(count, 1, generator: generator), labels, 2, ids);
        _data.SetFlag(ExampleFlags.Corrupted, rand(count, generator: generator).lt(0.1));
        Count = count;
        _before = PrivateBytes();
        _table = IrreducibleLosses.From(
            rand(count, generator: generator), _data, new IrreducibleLossFacts("random", "holdout", 0, 1, 0, 0, 0));
        if (fromFile) { _table = Reread(_table); }
    }

    /// <summary>N.</summary>
    public int Count { get; }

    /// <summary>What table, sampler and tracker hold, by the process's private memory.</summary>
    public double BytesAnExample { get; private set; }

    public Sized First => _sized[0];

    /// <summary>A trainer with that many candidates a step, owned by this.</summary>
    public Sized Add(int largeBatch)
    {
        _sized.Add(new Sized(_data, _table, _losses, largeBatch));
        _sized[^1].Take(2);   // the order of the epoch is drawn
        if (_sized.Count == 1) { BytesAnExample = (double)(PrivateBytes() - _before) / Count; }
        return _sized[^1];
    }

    private IrreducibleLosses Reread(IrreducibleLosses made)
    {
        string file = Path.Combine(Path.GetTempPath(), $"rholoss-{Guid.NewGuid():N}.safetensors");
        try
        {
            using (made) { made.Save(file); }
            return IrreducibleLosses.Load(file, _data);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static long PrivateBytes()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        _ = Trim(0);   // what is freed goes back to the system before it is counted
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    [DllImport("libc", EntryPoint = "malloc_trim"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Trim(nint pad);

    public void Dispose()
    {
        foreach (Sized one in _sized) { one.Dispose(); }
        _table.Dispose();
        _data.Dispose();
        _losses.Dispose();
    }
}
