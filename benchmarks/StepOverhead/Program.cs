// What one Trainer.Step costs beyond the LibTorch calls it must make: both sides do the same work on the same data, in turns A B B A,
// and only the ratio of neighbouring timings is reported, so that a busy machine slows both alike.
//
//   dotnet run -c Release --project benchmarks/StepOverhead -- [--threads 1] [--only mlp|resnet18] [--rounds N] [--json]
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Selection;
using RhoLoss.Training;
using StepOverhead;
using static TorchSharp.torch;

int threads = int.Parse(Option("--threads") ?? "1", CultureInfo.InvariantCulture);
string? only = Option("--only");
RhoLoss.NativeConvolutions.Prepare();
set_num_threads(threads);

var rows = new List<Row>();
foreach ((string model, long[] shape, int rounds, int steps) in (IEnumerable<(string, long[], int, int)>)[
    ("mlp", [1, 28, 28], 60, 10), ("resnet18", [3, 32, 32], 4, 1),
])
{
    if (only is not null && only != model) { continue; }
    foreach (string method in (string[])["uniform", "rho-loss"])
    {
        rows.Add(Measure(model, method, shape, int.Parse(Option("--rounds") ?? $"{rounds}", CultureInfo.InvariantCulture), steps));
    }
}

if (args.Contains("--json"))
{
    Console.WriteLine(JsonSerializer.Serialize(new { threads, processors = Environment.ProcessorCount, rows }, JsonSerializerOptions.Web));
}
else
{
    Console.WriteLine($"Trainer.Step against the same LibTorch calls by hand, 32 of 320, {threads} thread(s)");
    Console.WriteLine($"{"model",-10}{"method",-10}{"pairs",6}  {"ratio",6}  {"min",6}  {"max",6}  {"by hand, ms",12}");
    foreach (Row r in rows)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{r.Model,-10}{r.Method,-10}{r.Pairs,6}  {r.Ratio,6:F3}  {r.Min,6:F3}  {r.Max,6:F3}  {r.HandMilliseconds,12:F2}"));
    }
}

string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

static nn.Module<Tensor, Tensor> Create(string model) =>
    model == "mlp" ? new Mlp(784, [512, 512, 512], 10, seed: 1) : ResNet.ResNet18(3, 10, seed: 1);

static Row Measure(string name, string method, long[] shape, int rounds, int steps)
{
    const int examples = 3_200, batch = 32, largeBatch = 320;   // ten steps an epoch, no partial batch: the same work every step
    using IDisposable scope = NewDisposeScope();
    using var generator = new Generator(1, CPU);
    Tensor bytes = randint(0, 256, [examples, .. shape], dtype: uint8, generator: generator);
    Tensor labels = randint(0, 10, [examples], dtype: int64, generator: generator);
    Tensor losses = rand(examples, generator: generator);
    int channels = (int)shape[0];
    using var data = new LabeledDataset(bytes.clone(), labels.clone(), 10,
        normalization: new Normalization([.. Enumerable.Repeat(0.5f, channels)], [.. Enumerable.Repeat(0.25f, channels)]));
    using nn.Module<Tensor, Tensor> first = Create(name), second = Create(name);
    bool rho = method == "rho-loss";
    using IrreducibleLosses? irreducible = rho
        ? IrreducibleLosses.From(losses, data, new IrreducibleLossFacts("random", "holdout", 0, 1, 0, 0, 0))
        : null;
    using var trainer = new Trainer(first, data, rho ? SelectionFunctions.ReducibleHoldoutLoss : SelectionFunctions.Uniform, irreducible,
        new TrainerOptions { BatchSize = batch, LargeBatchSize = largeBatch });
    using var hand = new HandWritten(second, bytes, labels, rho ? losses : null, batch, largeBatch);

    double Time(bool library)
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < steps; i++) { _ = library ? trainer.Step().Loss : hand.Step(); }
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / steps;
    }

    for (int warm = 0; warm < 3; warm++) { Time(true); Time(false); }
    var ratios = new List<double>();
    var times = new List<double>();
    for (int round = 0; round < rounds; round++)
    {
        double a1 = Time(true), b1 = Time(false), b2 = Time(false), a2 = Time(true);   // A B B A: a drift of the machine cancels
        ratios.Add((a1 + a2) / (b1 + b2));
        times.Add((b1 + b2) / 2);
    }
    return new Row(name, method, rounds, Median(ratios), ratios.Min(), ratios.Max(), Median(times));
}

static double Median(List<double> values)
{
    double[] sorted = [.. values.Order()];
    return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
