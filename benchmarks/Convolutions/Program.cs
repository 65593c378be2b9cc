// Whether LibTorch's convolutions are right on this machine, and what the safe paths cost. docs/decisions/0012-hidden-caches.md.
//
//   dotnet run -c Release --project benchmarks/Convolutions -- check [--shapes 10000] [--seed 1] [--threads 1] [--float32]
//   dotnet run -c Release --project benchmarks/Convolutions -- one conv2d N FROM TO KERNEL STRIDE SIDE GROUPS
//   dotnet run -c Release --project benchmarks/Convolutions -- speed [--threads 1]
//
// --unprepared leaves LibTorch as it is, --without-onednn switches oneDNN off;
// RHOLOSS_CONVOLUTIONS=onednn-default-caches or onednn-sse41 forces a path.
using System.Globalization;
using Convolutions;
using RhoLoss;
using static TorchSharp.torch;

if (!args.Contains("--unprepared")) { NativeConvolutions.Prepare(); }
bool off = args.Contains("--without-onednn");
if (off) { OneDnnSwitch.Off(); }
set_num_threads(Number("--threads", 1));
Console.WriteLine(
    $"path: {(off ? "without oneDNN" : NativeConvolutions.NameOf(NativeConvolutions.Path))}; LibTorch {__version__}; "
    + $"{Environment.ProcessorCount} cores");
if (args.FirstOrDefault() == "speed") { return Speed.Run(); }

if (args.FirstOrDefault() == "one")   // KIND N FROM TO KERNEL STRIDE SIDE GROUPS
{
    int[] n = [.. args[2..9].Select(a => int.Parse(a, CultureInfo.InvariantCulture))];
    var one = new Shape(args[1], n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
    string[] found =
    [
        .. from type in (ScalarType[])[float32, bfloat16]
           from last in (bool[])[false, true]
           from line in Check.Of(one, 1, type, last)
           select line,
    ];
    foreach (string line in found) { Console.WriteLine(line); }
    Console.WriteLine($"{found.Length} wrong");
    return found.Length == 0 ? 0 : 1;
}
int shapes = Number("--shapes", 10_000), seed = Number("--seed", 1);
var random = new Random(seed);
var wrong = new Dictionary<string, int>();
int refused = 0;
for (int i = 0; i < shapes; i++)
{
    Shape shape = Shape.Draw(random);
    refused += shape.IsRefusedInBFloat16 ? 1 : 0;
    foreach (ScalarType type in shape.IsRefusedInBFloat16 || args.Contains("--float32") ? (ScalarType[])[float32] : [float32, bfloat16])
    {
        foreach (bool channelsLast in (bool[])[false, true])
        {
            string[] lines = [.. Check.Of(shape, seed * 1_000_003L + i, type, channelsLast)];
            string key = $"{type} {(channelsLast ? "channels-last" : "contiguous")}";
            wrong[key] = wrong.GetValueOrDefault(key) + (lines.Length > 0 ? 1 : 0);
            foreach (string line in lines.Take(1)) { Console.WriteLine(line); }
        }
    }
    if ((i + 1) % 1000 == 0)
    {
        Console.WriteLine(
            $"{i + 1} shapes, {refused} of them refused in bfloat16: "
            + $"{string.Join(", ", wrong.Select(w => $"{w.Key} {w.Value} wrong"))}");
    }
}
return wrong.Values.Sum() == 0 ? 0 : 1;

int Number(string name, int otherwise)
{
    int at = Array.IndexOf(args, name);
    return at < 0 ? otherwise : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
}
