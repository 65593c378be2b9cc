// How well the relevance by n-grams finds what is wanted, in corpora where that is known: share of on-task sequences among the 3 % most
// relevant and among as many as there are, by the size of the sample, the longest n-gram, and how much of the pool is counted; and the
// estimated share of the pool that is like the sample; which packages the errors are from; and what a sequence's neighbours and its whole
// document would add. Prints Markdown.
//
//   python3 eng/make-messy-text.py messy
//   dotnet run -c Release --project benchmarks/Relevance -- messy
using System.Text.Json;
using RhoLoss.Data;
using RhoLoss.Datasets;
using RhoLoss.Selection;
using static TorchSharp.torch;

if (args is not [string folder])
{
    Console.Error.WriteLine("usage: Relevance FOLDER, where eng/make-messy-text.py wrote its corpora");
    return 2;
}
set_num_threads(1);
Console.WriteLine("| pool | sample | order | pool counted | on task among the 3 % | among as many as there are |");
Console.WriteLine("|---|---|---|---|---|---|");
foreach (string size in new[] { "10k", "40k", "200k" })
{
    using DatasetSplits data = Corpus("messy-text", size);
    foreach (int order in new[] { 2, 3, 4, 5 })
    {
        foreach (long tokens in new[] { 0L, 4_000_000, 1_000_000 }) { Row("messy-text", data, size, order, tokens); }
    }
}
foreach (string pool in new[] { "messy-text-30", "messy-text-prose" })
{
    foreach (string size in new[] { "10k", "40k", "200k" })
    {
        using DatasetSplits data = Corpus(pool, size);
        Row(pool, data, size, order: 3, tokens: 4_000_000);
    }
}
Console.WriteLine();
Console.WriteLine("| pool | sample | on task | estimated to be like the sample |");
Console.WriteLine("|---|---|---|---|");
foreach (string pool in new[] { "messy-text", "messy-text-30", "messy-text-100", "messy-text-prose" })
{
    foreach (string size in new[] { "10k", "40k", "200k" })
    {
        using DatasetSplits data = Corpus(pool, size);
        Tensor? off = data.Training.Flag(ExampleFlags.LowRelevance);
        double onTask = off is null ? 1 : 1 - off.to(float64).mean().item<double>();
        double estimate = MooreLewisReference.ShareLikeSample(data.Holdout!, data.Training);
        Print($"| {pool} | {size} | {100 * onTask:0.0} % | {100 * estimate:0} % |");
    }
}
Console.WriteLine();
Console.WriteLine("| package | on task | sequences | among the most relevant, as many as are on task |");
Console.WriteLine("|---|---|---|---|");
using (DatasetSplits data = Corpus("messy-text", "200k")) { Packages(data); }
Console.WriteLine();
Console.WriteLine("| relevance of a sequence | on task among the 3 % | among as many as there are |");
Console.WriteLine("|---|---|---|");
using (DatasetSplits data = Corpus("messy-text", "200k")) { Surroundings(data); }
return 0;

DatasetSplits Corpus(string pool, string size) => KnownDatasets.Load("corpus", new DatasetOptions
{
    Corpus = new CorpusOptions
    {
        Pool = Path.Combine(folder, pool, "pool"),
        Holdout = Path.Combine(folder, $"holdout-{size}.jsonl"),
        Test = Path.Combine(folder, "test.jsonl"),
        OnTask = pool == "messy-text-100" ? "" : "on-task.jsonl",   // all of it is
    },
});

static void Row(string pool, DatasetSplits data, string size, int order, long tokens)
{
    using IDisposable scope = NewDisposeScope();
    using MooreLewisReference reference = MooreLewisReference.Of(data.Holdout!, data.Training, order, tokens);
    Tensor relevance = reference.Of(data.Training), wanted = data.Training.Flag(ExampleFlags.LowRelevance)!.logical_not();
    long there = wanted.sum().item<long>();
    string counted = tokens == 0 ? "all" : FormattableString.Invariant($"{tokens / 1e6:0} MB");
    Print($"| {pool} | {size} | {order} | {counted} | {Precision(data.Training.Count * 3L / 100):0.000} | {Precision(there):0.000} |");

    double Precision(long highest) =>
        wanted.index_select(0, relevance.topk((int)highest).indexes).to(float64).mean().item<double>();
}

// Which packages the most relevant sequences are from: those off task are the errors, and so are those on task that are missing.
static void Packages(DatasetSplits data)
{
    using IDisposable scope = NewDisposeScope();
    using MooreLewisReference reference = MooreLewisReference.Of(data.Holdout!, data.Training);
    Tensor offTask = data.Training.Flag(ExampleFlags.LowRelevance)!;
    bool[] off = offTask.data<bool>().ToArray();
    HashSet<long> taken = [.. reference.Of(data.Training).topk(off.Count(o => !o)).indexes.data<long>().ToArray()];
    var packages = new Dictionary<string, string[]>();
    var rows = Enumerable.Range(0, off.Length).GroupBy(id => (Package: PackageOf(data.Places!.OfTraining(id)), Off: off[id]));
    foreach (var package in rows.OrderBy(p => p.Key.Off).ThenByDescending(p => p.Count(id => taken.Contains(id))))
    {
        int among = package.Count(id => taken.Contains(id));
        string onTask = package.Key.Off ? "no" : "yes";
        double share = 100.0 * among / package.Count();
        Print($"| {package.Key.Package} | {onTask} | {package.Count():N0} | {among:N0}, {share:0.0} % |");
    }

    string PackageOf(ExamplePlace place)
    {
        if (!packages.TryGetValue(place.File, out string[]? ofLine))
        {
            packages[place.File] = ofLine = [.. File.ReadLines(place.File).Select(
                line => JsonDocument.Parse(line).RootElement.GetProperty("source").GetString()!.Split(':')[0])];
        }
        return ofLine[place.Line!.Value - 1];
    }
}

// What a sequence of 256 bytes does not tell by itself: the mean over what stands around it in its document, and over all of that.
static void Surroundings(DatasetSplits data)
{
    using IDisposable scope = NewDisposeScope();
    using MooreLewisReference reference = MooreLewisReference.Of(data.Holdout!, data.Training);
    float[] own = reference.Of(data.Training).data<float>().ToArray();
    bool[] off = data.Training.Flag(ExampleFlags.LowRelevance)!.data<bool>().ToArray();
    (string File, long? Line)[] document =
    [
        .. Enumerable.Range(0, own.Length).Select(id => data.Places!.OfTraining(id)).Select(place => (place.File, (long?)place.Line)),
    ];
    Row("its own", around: 0);
    foreach (int around in new[] { 1, 2, 4, 8 }) { Row($"mean with those up to {around} before and behind", around); }
    Row("mean of its document", own.Length);

    void Row(string what, int around)
    {
        double[] sums = [0, .. own.Select(score => (double)score)];
        for (int i = 1; i < sums.Length; i++) { sums[i] += sums[i - 1]; }
        double[] means = new double[own.Length];
        for (int first = 0; first < own.Length;)
        {
            int end = first;
            while (end < own.Length && document[end] == document[first]) { end++; }
            for (int i = first; i < end; i++)
            {
                int from = (int)Math.Max(first, i - (long)around), to = (int)Math.Min(end, i + (long)around + 1);
                means[i] = (sums[to] - sums[from]) / (to - from);
            }
            first = end;
        }
        int[] best = [.. Enumerable.Range(0, own.Length).OrderByDescending(i => means[i])];
        Print($"| {what} | {Precision(own.Length * 3 / 100):0.000} | {Precision(off.Count(o => !o)):0.000} |");

        double Precision(int highest) => best.Take(highest).Count(i => !off[i]) / (double)highest;
    }
}

static void Print(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));
