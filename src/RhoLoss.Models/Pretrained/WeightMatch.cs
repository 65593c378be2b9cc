using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>The tensors of a model against those of the same names that a file has below one prefix.</summary>
/// <param name="Prefix">What stands before the names in the file; empty for nothing.</param>
/// <param name="Loaded">Names of one shape and kind of numbers.</param>
/// <param name="LeftOut">Tensors of the classifier that stay as they are; each says why.</param>
/// <param name="Missing">Names that the file does not have.</param>
/// <param name="MisShaped">Names of another shape; each says which.</param>
/// <param name="MisTyped">Names with whole numbers for real ones, or vice versa; each says which.</param>
/// <param name="Unreadable">Names of a type that cannot be read; each says which.</param>
/// <param name="Counters">Counters that cannot be loaded and need not be.</param>
internal sealed record WeightMatch(
    string Prefix, string[] Loaded, string[] LeftOut, string[] Missing, string[] MisShaped, string[] MisTyped, string[] Unreadable,
    string[] Counters)
{
    // PyTorch files of before 2018 lack this counter, and nothing here reads it: the running statistics have a fixed momentum.
    private const string Counter = "num_batches_tracked";

    /// <summary>Whether something is loaded and nothing that the model needs is absent or different.</summary>
    public bool Fits => Loaded.Length > 0 && Missing.Length + MisShaped.Length + MisTyped.Length + Unreadable.Length == 0;

    /// <summary>Compares a model with the file.</summary>
    /// <param name="own">State of the model.</param>
    /// <param name="classifier">Names of its classifier if that may be left out; else none.</param>
    /// <param name="stored">The file.</param>
    /// <param name="prefix">What stands before the names in the file.</param>
    public static WeightMatch Of(Dictionary<string, Tensor> own, string[] classifier, StoredWeights stored, string prefix)
    {
        // It is left out as a whole, and only where the file has it for other classes or not at all.
        string[] leftOut = classifier.Any(name => stored.ShapeOf(prefix + name) is [var classes, ..] && classes == own[name].shape[0])
            ? [] : classifier;
        List<string> loaded = [], missing = [], misShaped = [], misTyped = [], unreadable = [], counters = [];
        foreach (string name in own.Keys.Except(leftOut))
        {
            Tensor wanted = own[name];
            Tensor? given = stored.Tensors.GetValueOrDefault(prefix + name);
            bool sameShape = given is not null && given.shape.AsSpan().SequenceEqual(wanted.shape);
            bool sameKind = given is not null && given.is_floating_point() == wanted.is_floating_point();
            if (sameShape && sameKind) { loaded.Add(name); }
            else if (IsCounter(name)) { if (given is not null) { counters.Add(name); } }   // as in a state dict that was halved as a whole
            else if (stored.Unreadable.TryGetValue(prefix + name, out SafetensorsEntry? entry))
            {
                unreadable.Add($"{name} {entry.Type.Name}");
            }
            else if (given is null) { missing.Add(name); }
            else if (!sameKind) { misTyped.Add($"{name}: {given.dtype} in the file, {wanted.dtype} in the model"); }
            else { misShaped.Add(Shapes(name, given.shape, wanted)); }
        }
        string[] stays = [.. leftOut.Select(name => stored.ShapeOf(prefix + name) is { } shape ? Shapes(name, shape, own[name])
            : $"{name}: not in the file, {TensorText.Shape(own[name].shape)} in the model")];
        return new WeightMatch(
            prefix, [.. loaded], stays, [.. missing], [.. misShaped], [.. misTyped], [.. unreadable], [.. counters]);
    }

    /// <summary>Whether it is a counter that may be absent.</summary>
    public static bool IsCounter(string name) => name.EndsWith(Counter, StringComparison.Ordinal);

    private static string Shapes(string name, long[] given, Tensor wanted) =>
        $"{name}: {TensorText.Shape(given)} in the file, {TensorText.Shape(wanted.shape)} in the model";
}
