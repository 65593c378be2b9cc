// What a table of irreducible losses costs: bytes of a table of a million examples while it is held, and the time to look 320 of them up.
// The bars are 40 MB and 50 µs. Three tables: ids 0..N−1; every
// other id, as the training half of a split has; ids far apart. Linux with glibc.
//
//   dotnet run -c Release --project benchmarks/IrreducibleLossTable -- [--examples 1000000] [--rounds 2000]
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

int examples = int.Parse(Option("--examples") ?? "1000000", CultureInfo.InvariantCulture);
int rounds = int.Parse(Option("--rounds") ?? "2000", CultureInfo.InvariantCulture);
set_num_threads(1);
Console.WriteLine(FormattableString.Invariant($"{examples} examples, {rounds} lookups of 320 ids, one thread"));
Console.WriteLine($"{"ids",-10}{"table, MB",12}{"lookup, µs",13}{"  (10 % to 90 %)"}");
Measure(gap: 1, warmUp: true);
foreach (int gap in (int[])[1, 2, 1000]) { Measure(gap); }

string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

void Measure(int gap, bool warmUp = false)
{
    using IDisposable scope = NewDisposeScope();
    using LabeledDataset data = new(zeros(examples, 1), zeros(examples, dtype: int64), classes: 2,
        ids: gap * arange(examples, dtype: int64));
    _ = data.Fingerprint;
    string file = Path.Combine(Path.GetTempPath(), $"rholoss-{Guid.NewGuid():N}.safetensors");
    try
    {
        using (IrreducibleLosses made = IrreducibleLosses.From(rand(examples), data,
            new IrreducibleLossFacts("mlp", "holdout", 0, 1, 0.5, 0.9, 1)))
        {
            made.Save(file);
        }
        // Read from its file, so that nothing is shared with the data set, and counted by the process:
        // tensors live outside of the managed heap.
        long before = PrivateBytes();
        using IrreducibleLosses table = IrreducibleLosses.Load(file);
        long bytes = PrivateBytes() - before;

        Tensor[] queries = [.. Enumerable.Range(0, 100).Select(_ => gap * randint(0, examples, [320], dtype: int64))];
        double[] microseconds = [.. Enumerable.Range(0, rounds + 100).Select(i =>
        {
            long started = Stopwatch.GetTimestamp();
            using (table.Of(queries[i % queries.Length])) { }
            return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        }).Skip(100).Order()];
        if (warmUp) { return; }   // code and buffers that any table needs
        double tenth = microseconds[rounds / 10], median = microseconds[rounds / 2], ninth = microseconds[rounds * 9 / 10];
        Console.WriteLine(FormattableString.Invariant(
            $"{$"0, {gap} …",-10}{bytes / 1e6,12:0.0}{median,13:0.0}  ({tenth:0.0} to {ninth:0.0})"));
    }
    finally
    {
        File.Delete(file);
    }
}

static long PrivateBytes()
{
    GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    GC.WaitForPendingFinalizers();
    _ = malloc_trim(0);   // what is freed goes back to the system before it is counted
    string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon", StringComparison.Ordinal));
    return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}

[DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
static extern int malloc_trim(nint pad);
