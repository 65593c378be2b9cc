namespace RhoLoss.Pretrained;

/// <summary>
/// Which of the tensors that a model does not have show that the file is of another network: those inside a module of the model
/// (<c>layer1.2.conv1.weight</c>, <c>fc1.lora_A</c>), those that go on with its numbers (<c>fc4.weight</c> after <c>fc3</c>), and
/// normalisations beside its layers (<c>bn1.running_mean</c>). With them the network that was saved computes something else. A mean of the
/// inputs, a loss, an optimizer's state, another head, or an average of the weights stands beside the network, and is none of it.
/// </summary>
/// <param name="own">Names of the model.</param>
internal sealed class LeftOverTensors(IReadOnlyCollection<string> own)
{
    private readonly HashSet<string> _modules = new(own.Where(name => name.Contains('.')).Select(First), StringComparer.Ordinal);

    private readonly HashSet<string> _numbered =
        new(own.Where(name => name.Contains('.')).Select(First).Where(IsNumbered).Select(Word), StringComparer.Ordinal);

    /// <summary>The names, of those that the model does not have, that are of another network.</summary>
    /// <param name="names">Names of the file that are none of the model's.</param>
    /// <param name="stored">The file.</param>
    /// <param name="prefix">What stands before the model's names in it.</param>
    /// <param name="copies">Prefixes of further sets of the model's tensors.</param>
    public HashSet<string> OfAnotherNetwork(
        IEnumerable<string> names, StoredWeights stored, string prefix, IReadOnlyList<string> copies) =>
        [.. names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && stored.HarmlessAs(name) is null
            && IsOfAnotherNetwork(name[prefix.Length..], stored, prefix)
            && !copies.Any(copy => name.StartsWith(copy, StringComparison.Ordinal)))];

    private bool IsOfAnotherNetwork(string name, StoredWeights stored, string prefix)
    {
        string first = First(name);
        if (first.Length == name.Length) { return false; }   // a tensor of the network itself, of no module
        return _modules.Contains(first) || (IsNumbered(first) && _numbered.Contains(Word(first)))
            || (name.IndexOf('.', first.Length + 1) < 0 && IsNormalization(prefix + first, stored));
    }

    /// <summary>By running statistics, or by a weight and a bias of one axis.</summary>
    private static bool IsNormalization(string module, StoredWeights stored) =>
        stored.ShapeOf(module + ".running_mean") is not null || stored.ShapeOf(module + ".running_var") is not null
        || (stored.ShapeOf(module + ".weight") is [var weights] && stored.ShapeOf(module + ".bias") is [var biases] && weights == biases);

    private static string First(string name) => name.IndexOf('.') is var dot && dot < 0 ? name : name[..dot];

    private static bool IsNumbered(string part) => part.Length > 0 && char.IsAsciiDigit(part[^1]);

    private static string Word(string part) => part.TrimEnd([.. "0123456789"]);
}
