// What a Trainer's step on a causal transformer costs beyond the LibTorch calls that it must make: both sides compute the same network
// on the same tokens, in turns A B B A in one process, and only the ratio of neighbouring timings is reported, so that a busy machine slows
// both alike. The second row leaves the optimizer out: forward and backward pass of the model alone. The third is attention written out
// (matmul, mask, softmax, matmul) over LibTorch's fused one.
//
//   dotnet run -c Release --project benchmarks/LanguageModelStep -- [--threads 1] [--rounds 8] [--seconds 50] [--micro] [--bfloat16]
using System.Diagnostics;
using System.Globalization;
using LanguageModelStep;
using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

int threads = Number("--threads", 1), rounds = Number("--rounds", 8), seconds = Number("--seconds", 50);
RhoLoss.NativeConvolutions.Prepare();
set_num_threads(threads);
const int batch = 16, length = 256, examples = 160;
CausalTransformerOptions sizes = args.Contains("--micro") ? CausalTransformerOptions.Micro : CausalTransformerOptions.Nano;
long started = Stopwatch.GetTimestamp();

using IDisposable scope = NewDisposeScope();
using var generator = new Generator(1, CPU);
Tensor bytes = randint(0, 256, [examples, length + 1], dtype: int64, generator: generator);
Tensor inputs = bytes.slice(1, 0, length, 1).clone(), labels = bytes.slice(1, 1, length + 1, 1).clone();
using LabeledDataset data = LabeledDataset.WithTargets(inputs.clone(), labels.clone(), tokens: new TokenVocabulary(256));
using CausalTransformer model = new(sizes, seed: 1), passed = new(sizes, seed: 1);
var format = new ComputeFormat { Precision = args.Contains("--bfloat16") ? Precision.BFloat16 : Precision.Float32 };
using var trainer = new Trainer(
    model, data, new TrainerOptions { BatchSize = batch, LargeBatchSize = batch, Objective = new TokenCrossEntropy(), Format = format });
using var hand = new HandWritten(
    passed.named_parameters().ToDictionary(p => p.name, p => nn.Parameter(p.parameter.detach().clone())), sizes.Layers, sizes.Heads);
int at = 0;

(Tensor Ids, Tensor Labels) Next()
{
    at = (at + batch) % examples;
    return (inputs.slice(0, at, at + batch, 1), labels.slice(0, at, at + batch, 1));
}

float ByHand(bool update)
{
    using IDisposable inner = NewDisposeScope();
    (Tensor ids, Tensor wanted) = Next();
    return hand.Step(ids, wanted, update);
}

float Passes()
{
    using IDisposable inner = NewDisposeScope();
    (Tensor ids, Tensor wanted) = Next();
    foreach (Parameter parameter in passed.parameters()) { parameter.grad?.zero_(); }
    Tensor logits = passed.forward(ids);
    Tensor loss = nn.functional.cross_entropy(logits.view(-1, 256), wanted.view(-1), ignore_index: -100);
    loss.backward();
    return loss.item<float>();
}

Tensor heads = rand([3, batch, sizes.Heads, length, sizes.Width / sizes.Heads], generator: generator);
Tensor later = ones([length, length], dtype: ScalarType.Bool).triu(1);

float Attention(bool fused)
{
    using IDisposable inner = NewDisposeScope();
    Tensor qkv = heads.detach().requires_grad_(true);
    Tensor[] p = qkv.unbind(0);
    Tensor context = fused ? nn.functional.scaled_dot_product_attention(p[0], p[1], p[2], null, 0, true)
        : p[0].matmul(p[1].transpose(-2, -1)).div(Math.Sqrt(heads.shape[4])).masked_fill(later, double.NegativeInfinity).softmax(-1)
            .matmul(p[2]);
    context.sum().backward();
    qkv.grad!.Dispose();
    return 0;
}

Console.WriteLine($"{sizes.Layers} layers of width {sizes.Width}, {batch} × {length} tokens, {format.Precision}, {threads} thread(s)");
Console.WriteLine($"{"",-44}{"pairs",6}  {"ratio",6}  {"min",6}  {"max",6}  {"below, ms",10}");
Report("Trainer.Step / by hand with AdamW", () => (float)trainer.Step().Loss, () => ByHand(update: true), 0.45);
Report("forward and backward / by hand", Passes, () => ByHand(update: false), 0.85);
Report("attention written out / fused", () => Attention(fused: false), () => Attention(fused: true), 1);

void Report(string what, Func<float> own, Func<float> other, double until)
{
    double Time(Func<float> step)
    {
        long from = Stopwatch.GetTimestamp();
        for (int i = 0; i < 3; i++) { step(); }
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds / 3;
    }

    for (int warm = 0; warm < 2; warm++) { Time(own); Time(other); }
    List<double> ratios = [], times = [];
    for (int round = 0; round < rounds && (round < 3 || Stopwatch.GetElapsedTime(started).TotalSeconds < until * seconds); round++)
    {
        double a1 = Time(own), b1 = Time(other), b2 = Time(other), a2 = Time(own);   // A B B A: a drift of the machine cancels
        ratios.Add((a1 + a2) / (b1 + b2));
        times.Add((b1 + b2) / 2);
    }
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what,-44}{ratios.Count,6}  {Median(ratios),6:F3}  {ratios.Min(),6:F3}  {ratios.Max(),6:F3}  {Median(times),10:F2}"));
}

static double Median(List<double> values)
{
    double[] sorted = [.. values.Order()];
    return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}

int Number(string name, int otherwise) =>
    Array.IndexOf(args, name) is var i and >= 0 && i + 1 < args.Length ? int.Parse(args[i + 1], CultureInfo.InvariantCulture) : otherwise;
