// What a step of this build costs against a step of another: two processes that hold a trainer each take turns A B B A, so that a drift
// of the machine cancels, and are started anew several times, because where code and memory come to lie is worth a percent by itself.
//
//   git worktree add ../before COMMIT; cp -r benchmarks/StepTurns ../before/benchmarks
//   (cd ../before && dotnet build -c Release benchmarks/StepTurns)
//   dotnet run -c Release --project benchmarks/StepTurns -- ../before/benchmarks/StepTurns/bin/Release/net10.0/StepTurns [--starts 6]
//       [--turns 30] [--only mlp|small-cnn|resnet-18]
//
// Where a commit has no cure for convolutions on a machine that hides its caches, set ONEDNN_MAX_CPU_ISA=SSE41 for both.
using System.Globalization;
using StepTurns;

if (args is ["--child", string network, string way])
{
    Child.Serve(network, way);
    return;
}

string other = args.Length > 0 && File.Exists(args[0]) ? args[0]
    : throw new InvalidOperationException("Name the program of the other build: …/benchmarks/StepTurns/bin/Release/net10.0/StepTurns.");
int starts = Number("--starts", 6), turns = Number("--turns", 30);
Console.WriteLine($"Step of this build over a step of {other}, 32 of 320, one thread, {starts} starts of {turns} turns A B B A");
Console.WriteLine($"{"model",-10} {"method",-9} {"other, ms",10} {"ratio",7}  95 % of the median");
foreach ((string model, int uniformSteps, int rhoSteps) in (IEnumerable<(string, int, int)>)[
    ("mlp", 20, 8), ("small-cnn", 4, 1), ("resnet-18", 1, 1),
])
{
    if (Option("--only") is { } only && only != model) { continue; }
    foreach ((string method, int steps) in (IEnumerable<(string, int)>)[("uniform", uniformSteps), ("rho-loss", rhoSteps)])
    {
        (double[] ratios, double milliseconds) = Pair.Measure(Environment.ProcessPath!, other, model, method, steps, starts, turns);
        (double low, double high) = Pair.Interval(ratios);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{model,-10} {method,-9} {milliseconds,10:F2} {Pair.Median(ratios),7:F3}  {low:F3} to {high:F3}"));
    }
}

string? Option(string name) => Array.IndexOf(args, name) is int at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

int Number(string name, int usual) => int.Parse(Option(name) ?? $"{usual}", CultureInfo.InvariantCulture);
