// What a step costs outside the networks (sampler, look-ups, selection, tracking, a line of the log), and what is held beside the data,
// at N = 10⁴, 10⁶ and 10⁷ examples and n_B = 320 and 3,200. Inputs are one number each, candidates are scored by a table of numbers,
// and the network is one layer whose pass, gradients and update are timed by themselves and taken off. All sizes take turns, and medians
// are printed. An epoch's order is drawn at its first step: its cost is spread over the steps of the epoch.
// The bars: a step within 1.2 × over N and linear in n_B; at most 40 bytes an example. Linux with glibc.
//
//   dotnet run -c Release --project benchmarks/Growth -- [--examples 10000,1000000,10000000] [--candidates 320,3200] [--rounds 30]
//       [--steps 20] [--ids rows|half] [--from-file]
using System.Globalization;
using Growth;
using static TorchSharp.torch;

int[] examples = Numbers("--examples", "10000,1000000,10000000"), candidates = Numbers("--candidates", "320,3200");
int rounds = Numbers("--rounds", "30")[0], steps = Numbers("--steps", "20")[0];
bool everyOther = Option("--ids") == "half", fromFile = args.Contains("--from-file");
RhoLoss.NativeConvolutions.Prepare();
set_num_threads(1);

// The first of a process pays for code and buffers that any needs.
using (var warm = new Bookkeeping(examples.Min(), everyOther, fromFile)) { warm.Add(candidates[0]).Take(5); }

var sets = new List<Bookkeeping>();
try
{
    foreach (int count in examples)
    {
        sets.Add(new Bookkeeping(count, everyOther, fromFile));
        _ = sets[^1].Add(candidates[0]);   // what is held is measured with one trainer
    }
    (string ids, string table) = (everyOther ? "0, 2, 4 …" : "0, 1, 2 …", fromFile ? "read from its file" : "made here");
    Console.WriteLine($"rho-loss, n_b = n_B / 10, {rounds} rounds of {steps} steps, ids {ids}, table {table}, one thread");
    Console.WriteLine($"{"N",12}{"held beside the data, bytes an example",42}");
    foreach (Bookkeeping set in sets) { Console.WriteLine(FormattableString.Invariant($"{set.Count,12:N0}{set.BytesAnExample,42:0.0}")); }

    Sized[] sized = [.. sets.SelectMany(set => candidates.Select(n => n == candidates[0] ? set.First : set.Add(n)))];
    for (int round = 0; round < rounds; round++)
    {
        foreach (Sized one in round % 2 == 0 ? sized : sized.Reverse()) { one.Take(steps); }
    }
    Console.WriteLine();
    Console.WriteLine($"{"N",12}{"n_B",8}{"step, µs",12}{"network, µs",13}{"order, µs",12}{"outside, µs",13}"
        + $"{"over N",9}{"over n_B",10}");
    foreach (Sized one in sized)
    {
        Sized smallest = sized.First(s => s.LargeBatch == one.LargeBatch);
        Sized narrowest = sized.First(s => s.Count == one.Count);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{one.Count,12:N0}{one.LargeBatch,8:N0}{one.Step,12:0.0}{one.Network,13:0.0}{one.Order,12:0.0}{one.Outside,13:0.0}"
            + $"{one.Outside / smallest.Outside,9:0.00}{one.Outside / narrowest.Outside,10:0.00}"));
    }
}
finally
{
    foreach (Bookkeeping set in sets) { set.Dispose(); }
}

string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

int[] Numbers(string name, string otherwise) =>
    [.. (Option(name) ?? otherwise).Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
