using System.Runtime.CompilerServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace RhoLoss.Tests.References;

/// <summary>
/// references.json, zoo.json, uncertainty.json and selection.json, which make_references.py and make_(name)_references.py wrote
/// with PyTorch 1.13, and the exact integer arithmetic that fills parameters and inputs with the same bits on both sides.
/// </summary>
internal static class PyTorchReferences
{
    private static readonly Lazy<JsonElement> File = new(() => Read("references.json"));
    private static readonly Lazy<JsonElement> ZooFile = new(() => Read("zoo.json"));
    private static readonly Lazy<JsonElement> UncertaintyFile = new(() => Read("uncertainty.json"));
    private static readonly Lazy<JsonElement> SelectionFile = new(() => Read("selection.json"));

    public static JsonElement Of(string name) => File.Value.GetProperty(name);

    public static JsonElement Zoo(string name) => ZooFile.Value.GetProperty(name);

    public static JsonElement Uncertainty => UncertaintyFile.Value;

    public static JsonElement Selection => SelectionFile.Value;

    public static double[] Numbers(this JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    public static long[] Whole(this JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(v => v.GetInt64())];

    /// <summary>`filled` of make_references.py: ((31 i² + 7919 i + 104729 stream) mod 10007) / 5003 − 1, float64.</summary>
    public static Tensor Filled(long count, long stream)
    {
        Tensor i = arange(count, dtype: int64);
        return (31 * i * i + 7919 * i + 104729 * stream).remainder(10007).to(float64) / 5003.0 - 1.0;
    }

    /// <summary>The input of a model.</summary>
    public static Tensor InputOf(params long[] shape) => Filled(shape.Aggregate((a, b) => a * b), 999).reshape(shape).to(float32);

    /// <summary>`fill` of make_references.py.</summary>
    public static void Fill(nn.Module model)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        long stream = -1;
        foreach ((string name, Tensor t) in model.state_dict().OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            stream++;
            if (name.EndsWith("num_batches_tracked", StringComparison.Ordinal)) { continue; }
            Tensor v = Filled(t.numel(), stream).reshape(t.shape);
            v = t.dim() > 1 ? v * (2.4 / Math.Sqrt(t.numel() / t.shape[0]))
                : name.EndsWith("running_var", StringComparison.Ordinal) ? 1.0 + 0.5 * v
                : name.EndsWith("weight", StringComparison.Ordinal) ? 1.0 + 0.2 * v
                : 0.1 * v;
            t.copy_(v.to(float32));
        }
    }

    /// <summary>Each value within a relative 1e-4 of its reference, or an absolute 1e-5 near zero.</summary>
    public static void ShouldMatch(this double[] actual, double[] expected, string what)
    {
        actual.Length.ShouldBe(expected.Length, what);
        for (int i = 0; i < expected.Length; i++) { actual[i].ShouldBe(expected[i], 1e-5 + 1e-4 * Math.Abs(expected[i]), $"{what}[{i}]"); }
    }

    /// <summary>Each value within an absolute <paramref name="tolerance"/> of its reference.</summary>
    public static void ShouldMatch(this double[] actual, double[] expected, string what, double tolerance)
    {
        actual.Length.ShouldBe(expected.Length, what);
        for (int i = 0; i < expected.Length; i++) { actual[i].ShouldBe(expected[i], tolerance, $"{what}[{i}]"); }
    }

    private static JsonElement Read(string name, [CallerFilePath] string here = "") =>
        JsonDocument.Parse(System.IO.File.ReadAllText(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, name))).RootElement;
}
