using System.Text;
using System.Text.RegularExpressions;
using RhoLoss.Serialization;

namespace RhoLoss.Pretrained;

/// <summary>
/// Names of classes, functions and operations that a TorchScript file uses. LibTorch ends the process at one that it does not find, and
/// TorchSharp cannot catch that.
/// </summary>
internal static partial class ScriptNames
{
    private const int Milliseconds = 10_000;

    /// <summary>Refuses a file whose code or data name something that is in no part of it.</summary>
    /// <param name="path">For the message.</param>
    /// <param name="code">Source by the name of its part, such as <c>code/__torch__/torch/nn/functional.py</c>.</param>
    /// <param name="pickles">What the numbers hang together by.</param>
    /// <exception cref="InvalidInputException">The message says which.</exception>
    public static void Require(string path, IReadOnlyDictionary<string, string> code, IEnumerable<byte[]> pickles)
    {
        HashSet<string> defined = [.. code.SelectMany(file => Definition().Matches(file.Value)
            .Select(m => $"{file.Key["code/".Length..^".py".Length].Replace('/', '.')}.{m.Groups["name"].Value}"))];
        IEnumerable<string> used = code.Values.SelectMany(text => Use().Matches(text)).Select(m => m.Value)
            .Concat(pickles.SelectMany(pickle => Global().Matches(Encoding.Latin1.GetString(pickle)))
                .Select(m => $"{m.Groups["module"].Value}.{m.Groups["name"].Value}"));
        if (used.FirstOrDefault(name => !defined.Contains(name)) is { } missing)
        {
            throw ScriptArchive.Damaged(path, $"it uses {TensorText.Name(missing)}, and has no code of it");
        }
        if (code.Values.Select(text => Operation().Match(text)).FirstOrDefault(m => m.Success) is { } foreign)
        {
            throw new InvalidInputException(
                $"{path} calls {foreign.Groups["name"].Value}, an operation of another package, which is not loaded here. "
                + "Save a model that is made of PyTorch's own operations.");
        }
    }

    [GeneratedRegex(@"^(class|def) (?<name>\w+)\(", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        Milliseconds)]
    private static partial Regex Definition();

    [GeneratedRegex(@"\b__torch__(\.\w+)+", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex Use();

    /// <summary>Pickle's opcode for a class: "c", module, line end, name, line end.</summary>
    [GeneratedRegex(@"c(?<module>__torch__[\w.]*)\n(?<name>\w+)\n",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex Global();

    [GeneratedRegex(@"\bops\.(?<name>(?!prim\.|aten\.)\w+\.\w+)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex Operation();
}
