using System.Globalization;
using System.Runtime.InteropServices;
using RhoLoss;
using static TorchSharp.torch;

// Operations on tensors with a number, while another thread collects garbage without pause: as TorchSharp makes the number, and with
// numbers that are kept. Counts exceptions of LibTorch and wrong results. Arguments: operations of each row (default 500000).
NativeConvolutions.Prepare();
set_num_threads(1);
int operations = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 500_000;
using Tensor threes = full(16, 3.0, dtype: float64), one = ones(1, dtype: float64);
(string Name, Func<Tensor> Operation, double Expected)[] rows =
[
    ("x / 2.0", () => threes / 2.0, 1.5),
    ("x / 2.0, kept", () => threes.div(Scalars.Of(2.0)), 1.5),
    ("x + y", () => threes + one, 4),
    ("x + y, kept", () => Scalars.Sum(threes, one), 4),
    ("ToDouble", () => tensor(one.ToDouble(), dtype: float64), 1),
    ("ToDouble, kept", () => tensor(Scalars.ToDouble(one), dtype: float64), 1),
];

using var end = new CancellationTokenSource();
var collector = new Thread(() => { while (!end.IsCancellationRequested) { GC.Collect(); } });
collector.Start();
Console.WriteLine($"{"operation",-16}{"times",10}{"exceptions",12}{"wrong",8}");
foreach ((string name, Func<Tensor> operation, double expected) in rows)
{
    (int exceptions, int wrong) = (0, 0);
    for (int i = 0; i < operations; i++)
    {
        try
        {
            using Tensor result = operation();
            foreach (double value in result.data<double>()) { wrong += value == expected ? 0 : 1; }
        }
        catch (ExternalException)
        {
            exceptions++;
        }
    }
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16}{operations,10}{exceptions,12}{wrong,8}"));
}
await end.CancelAsync();
collector.Join();
