// Speed and worth of the relevance by two n-gram models: MB/s of counting (reading of files not included, all else until the table is ready
// is) and of scoring with both models, on one core; memory; and the share of on-task sequences among as many of the highest scores as there
// are on-task sequences. Best of some repeats, because others may compute on the same machine. The bars are 10 and 20 MB/s, and a share of
// 0.85 with a sample of 200 KB.
//
// The pool is what text there is below some folders, in an order that is drawn once, at most 64 KB of a file; on-task is the documentation
// below another folder, of which some files are the sample and the others are in the pool. Sequences are of 256 bytes.
//
//   dotnet run -c Release --project benchmarks/NGrams -- [--megabytes 64] [--order 5] [--sample-kilobytes 200] [--repeats 3]
//       [--task /usr/share/cmake-3.25/Help] [--pool /usr/share/doc:/usr/include:/usr/lib/python3.11:…]
using System.Diagnostics;
using System.Globalization;
using RhoLoss.NGrams;

const int Length = 256, MostOfFile = 64 << 10;
int megabytes = Number("--megabytes", 64), order = Number("--order", 5), sampleKilobytes = Number("--sample-kilobytes", 200);
int repeats = Number("--repeats", 3);
string task = Option("--task") ?? "/usr/share/cmake-3.25/Help";
string[] folders = (Option("--pool") ?? "/usr/share/doc:/usr/include:/usr/lib/python3:/usr/lib/python3.11:/usr/share/perl:/usr/share/vim:"
    + "/usr/share/fpcsrc:/usr/share/dotnet/packs:/usr/share/dotnet/sdk:/usr/share/i18n:/usr/share/mime").Split(':');

var random = new Random(1);
List<byte[]> wanted = TextsBelow([task]), others = TextsBelow(folders);
int sampleFiles = Prefix(wanted, sampleKilobytes * 1000L);
ReadOnlyMemory<byte>[] sample = [.. wanted[..sampleFiles].SelectMany(Sequences)];
ReadOnlyMemory<byte>[] onTask = [.. wanted[sampleFiles..].SelectMany(Sequences)];
ReadOnlyMemory<byte>[] offTask = [.. others[..Prefix(others, megabytes * 1_000_000L - onTask.Length * (long)Length)].SelectMany(Sequences)];
ReadOnlyMemory<byte>[] pool = [.. onTask, .. offTask];
random.Shuffle(pool);
double size = pool.Length * (double)Length / 1e6;
Print($"sample {sample.Length * Length / 1e3:0} KB of {task}; order {order}");
Print($"pool {size:0.0} MB, {pool.Length} sequences, {onTask.Length * 100.0 / pool.Length:0.0} % on-task");

(double best, double bestWall, MooreLewis? relevance) = (double.MaxValue, double.MaxValue, null);
for (int i = 0; i < repeats; i++)
{
    relevance = null;
    GC.Collect();
    long before = GC.GetTotalAllocatedBytes();
    double started = ProcessorSeconds();
    relevance = MooreLewis.Of(sample, pool, new NGramOptions { Order = order });
    best = Math.Min(best, ProcessorSeconds() - started);
    bestWall = Math.Min(bestWall, relevance.Seconds);
    double allocated = (GC.GetTotalAllocatedBytes() - before) / 1e6;
    if (i == 0) { Print($"allocated while made {allocated:0} MB; peak of the process {Peak() / 1e6:0} MB"); }
}
Print($"counting and tables: {size / best:0.0} MB/s of processor time ({best:0.00} s), {size / bestWall:0.0} by the clock");
Print($"n-grams by length: {string.Join(' ', relevance!.NGrams)}; table {relevance.Bytes / 1e6:0} MB; shortened {relevance.Shortened}");
Print($"bound while made: {relevance.Options.BytesPerNGram} bytes for each of the longest");

double[] scores = new double[pool.Length];
Print($"scoring the pool (what it was counted on): {Speed(pool)}");
double share = ShareOnTask();
// Text that was not counted backs off more: what the pool leaves over.
ReadOnlyMemory<byte>[] unseen = [.. others.Skip(Prefix(others, megabytes * 1_000_000L)).Take(400).SelectMany(Sequences)];
if (unseen.Length > 0) { Print($"scoring {unseen.Length * Length / 1e6:0.0} MB of other text: {Speed(unseen)}"); }
Print($"on-task among the {onTask.Length} highest: {share:0.000}");

string Speed(ReadOnlyMemory<byte>[] sequences)
{
    (double seconds, double wall) = (double.MaxValue, double.MaxValue);
    if (scores.Length < sequences.Length) { scores = new double[sequences.Length]; }
    for (int i = 0; i < repeats + 1; i++)
    {
        (double processor, long started) = (ProcessorSeconds(), Stopwatch.GetTimestamp());
        for (int j = 0; j < sequences.Length; j++) { scores[j] = relevance.Score(sequences[j].Span); }
        seconds = Math.Min(seconds, ProcessorSeconds() - processor);
        wall = Math.Min(wall, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
    double scored = sequences.Length * (double)Length / 1e6;
    return string.Create(CultureInfo.InvariantCulture, $"{scored / seconds:0.0} MB/s of processor time, {scored / wall:0.0} by the clock");
}

double ShareOnTask()
{
    HashSet<ReadOnlyMemory<byte>> known = [.. onTask];
    return pool.Zip(scores).OrderByDescending(pair => pair.Second).Take(onTask.Length).Count(pair => known.Contains(pair.First))
        / (double)onTask.Length;
}

List<byte[]> TextsBelow(string[] roots)
{
    string[] files =
    [
        .. roots.Where(Directory.Exists).SelectMany(root => Directory.EnumerateFiles(root, "*", new EnumerationOptions
        {
            RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint,
        })).Order(StringComparer.Ordinal),
    ];
    random.Shuffle(files);
    List<byte[]> texts = [];
    long bytes = 0;
    foreach (string file in files)
    {
        if (bytes > (megabytes + 16) * 1_000_000L) { break; }
        using FileStream stream = File.OpenRead(file);
        byte[] text = new byte[Math.Min(stream.Length, MostOfFile)];
        stream.ReadExactly(text);
        if (text.Length < Length || text.AsSpan().Contains((byte)0) || text is [0x1F, 0x8B, ..]) { continue; }
        texts.Add(text);
        bytes += text.Length / Length * Length;
    }
    return texts;
}

static int Prefix(List<byte[]> texts, long bytes)
{
    int count = 0;
    for (long sum = 0; count < texts.Count && sum < bytes; count++) { sum += texts[count].Length / Length * Length; }
    return count;
}

static IEnumerable<ReadOnlyMemory<byte>> Sequences(byte[] text) =>
    Enumerable.Range(0, text.Length / Length).Select(i => new ReadOnlyMemory<byte>(text, i * Length, Length));

static double ProcessorSeconds() => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

static long Peak() => Process.GetCurrentProcess().PeakWorkingSet64;

static void Print(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
