// How small may the IL model be? Trains several on the same noisy holdout, with early stopping on D's loss, and compares how they rank D
// with a large one that took all the time it wanted.
//
//   dotnet run -c Release --project benchmarks/IrreducibleLossCost -- [--set fashion-mnist-subset] [--noise 0.4] [--seeds 3] [--threads 1]
using System.Diagnostics;
using System.Globalization;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Reports;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

string set = Option("--set") ?? "fashion-mnist-subset";
double noise = double.Parse(Option("--noise") ?? "0.4", CultureInfo.InvariantCulture);
int seeds = int.Parse(Option("--seeds") ?? "3", CultureInfo.InvariantCulture);
set_num_threads(int.Parse(Option("--threads") ?? "1", CultureInfo.InvariantCulture));
string toml = string.Create(CultureInfo.InvariantCulture,
    $"[data]\nset = \"{set}\"\n[noise]\nkind = \"uniform\"\nfraction = {noise:0.0#}\n");
Recipe recipe = RecipeLoader.Parse(toml, "il-cost", "benchmark", []).Recipe;
using ExperimentData data = ExperimentData.Load(recipe);
Architecture reference = new("small-cnn", []);
(float[] large, double largeSeconds, double largeAccuracy) = Train(reference,
    new HoldoutTrainingOptions { Epochs = 40, Patience = 5, BatchSize = 128 }, seed: 100);
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{set}, {data.Holdout!.Count} holdout and {data.Training.Count} training points, {100 * noise:0} % of labels drawn anew; "
    + $"reference {reference.Title}: {largeSeconds:0.0} s, accuracy {100 * largeAccuracy:0.0} %"));
Console.WriteLine($"{"IL model",-16}{"batch",6}{"looks after",12}{"seconds",9}{"accuracy %",12}{"Spearman",10}");
foreach ((Architecture architecture, int batch, int examples) in (IEnumerable<(Architecture, int, int)>)
    [
        (Mlp(64), 256, 2500), (Mlp(128), 256, 2500), (Mlp(256), 256, 2500), (Mlp(256), 32, 0), (Mlp(256), 256, 0),
        (Mlp(512), 256, 2500), (Mlp(512, 512, 512), 256, 2500), (reference, 256, 2500),
    ])
{
    var options = new HoldoutTrainingOptions
    {
        Epochs = 40,
        Patience = 3,
        BatchSize = batch,
        EpochExamples = examples,
        ValidationExamples = examples == 0 ? 0 : 2500,
    };
    (float[] Losses, double Seconds, double Accuracy)[] runs = [.. Enumerable.Range(0, seeds)
        .Select(seed => Train(architecture, options, seed))];
    string looksAfter = examples == 0 ? "an epoch" : $"{examples}";
    double seconds = runs.Average(r => r.Seconds), percent = 100 * runs.Average(r => r.Accuracy);
    double correlation = runs.Average(r => SpearmanCorrelation.Of(r.Losses, large));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{architecture.Title,-16}{batch,6}{looksAfter,12}{seconds,9:0.00}{percent,12:0.0}{correlation,10:0.000}"));
}

string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

static Architecture Mlp(params int[] widths) => new("mlp", [.. widths]);

(float[] Losses, double Seconds, double Accuracy) Train(Architecture architecture, HoldoutTrainingOptions options, long seed)
{
    using IDisposable scope = NewDisposeScope();
    using nn.Module<Tensor, Tensor> model = architecture.Create(data.Training, Seeding.Mix(seed, 200));
    long started = Stopwatch.GetTimestamp();
    using IrreducibleLosses losses = HoldoutTraining.Run(model, data.Holdout!, data.Training,
        options with { Seed = seed, Optimizer = new AdamWOptions() });
    double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
    return ([.. losses.Of(data.Training.Ids).data<float>()], seconds, losses.Facts.Accuracy);
}
