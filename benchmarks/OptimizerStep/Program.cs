// How much faster a fused AdamW step is than TorchSharp's, on the parameters of a ResNet-18 for 3×32×32 and 10 classes (62 tensors,
// 11.2 million numbers) with random gradients: in turns A B B A, so that a busy machine slows both alike, and only the ratio counts.
// The bar is 3.
//
//   dotnet run -c Release --project benchmarks/OptimizerStep -- [--pairs 15] [--json]
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OptimizerStep;
using RhoLoss.Models;
using RhoLoss.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

int pairs = int.Parse(Option("--pairs") ?? "15", CultureInfo.InvariantCulture);
var rows = new List<Row>();
foreach (int threads in (int[])[1, 2])
{
    set_num_threads(threads);   // both sides have as many
    foreach (Precision precision in (Precision[])[Precision.Float32, Precision.BFloat16]) { rows.Add(Measure(precision, threads)); }
}

if (args.Contains("--json"))
{
    Console.WriteLine(JsonSerializer.Serialize(new { processors = Environment.ProcessorCount, rows }, JsonSerializerOptions.Web));
}
else
{
    Console.WriteLine("TorchSharp's AdamW step in float32 against the fused one, ResNet-18");
    Console.WriteLine($"{"fused",-10}{"threads",8}{"pairs",6}  {"ratio",6}  {"min",6}  {"max",6}  {"fused, ms",10}");
    foreach (Row r in rows)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{r.Precision,-10}{r.Threads,8}{r.Pairs,6}  {r.Ratio,6:F2}  {r.Min,6:F2}  {r.Max,6:F2}  {r.FusedMilliseconds,10:F2}"));
    }
}

string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

Row Measure(Precision precision, int threads)
{
    using IDisposable scope = NewDisposeScope();
    using ResNet model = ResNet.ResNet18(3, 10, seed: 1), reference = ResNet.ResNet18(3, 10, seed: 1);
    using var parameters = new FlatParameters(model, new ComputeFormat { Precision = precision });
    using Optimizer fused = new AdamWOptions().CreateFor(parameters, threads);
    using optim.Optimizer torchSharps = optim.AdamW(reference.parameters(), 1e-3, 0.9, 0.999, 1e-8, 0.01);
    foreach (Tensor gradients in parameters.Gradients) { gradients.normal_(0, 0.01); }
    foreach (Parameter parameter in reference.parameters()) { parameter.grad = randn_like(parameter).mul_(0.01).detach(); }

    double Time(bool ours)
    {
        long started = Stopwatch.GetTimestamp();
        if (ours) { fused.Step(); } else { torchSharps.step(); }
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    for (int warm = 0; warm < 40; warm++) { Time(true); Time(false); }   // until the passes are compiled with full optimisation
    var ratios = new List<double>();
    var times = new List<double>();
    for (int pair = 0; pair < pairs; pair++)
    {
        double a1 = Time(true), b1 = Time(false), b2 = Time(false), a2 = Time(true);   // A B B A: a drift of the machine cancels
        ratios.Add((b1 + b2) / (a1 + a2));
        times.Add((a1 + a2) / 2);
    }
    return new Row("adamw", precision.ToString(), threads, pairs, Median(ratios), ratios.Min(), ratios.Max(), Median(times));
}

static double Median(List<double> values)
{
    double[] sorted = [.. values.Order()];
    return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
