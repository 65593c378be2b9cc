using System.Text.RegularExpressions;
using RhoLoss.Models;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>
/// What files of GPT-2 have otherwise than <see cref="CausalTransformer"/>: Hugging Face's <c>GPT2Model</c> lacks the first part of the
/// names, its <c>Conv1D</c> stores weights [in, out], its attention keeps the causal mask, and the tied head may be there a second time.
/// Files of this project are left as they are.
/// </summary>
internal static partial class PublishedTransformer
{
    /// <summary>Name of the embedding of the tokens, which is the head too.</summary>
    public const string TokenEmbedding = Body + Tokens;

    private const string Body = "transformer.", Tokens = "wte.weight", Head = "lm_head.weight";

    private static readonly string[] Parts = [Tokens, "wpe.weight", "h.", "ln_f."];

    /// <summary>The file as the model has it. The dispose scope of the caller owns what is new.</summary>
    /// <exception cref="InvalidInputException">The head of the file is not its token embedding.</exception>
    public static StoredWeights Prepare(StoredWeights stored)
    {
        string? root = RootOf(stored);
        if (root is null) { return stored; }
        RequireTiedHead(stored, root);
        string[] left = [.. stored.Names.Where(name => name == HeadOf(root) || IsMask(stored, name))];
        bool turned = IsTurned(stored, root);
        string Renamed(string name) => LacksBody(name, root) ? root + Body + name[root.Length..] : name;
        Tensor Turned(string name, Tensor tensor) => turned && tensor.dim() == 2 && Map().IsMatch(name) ? tensor.t() : tensor;
        return stored with
        {
            Tensors = stored.Tensors.Where(t => !left.Contains(t.Key)).ToDictionary(
                t => Renamed(t.Key), t => Turned(t.Key, t.Value), StringComparer.Ordinal),
            Unreadable = stored.Unreadable.Where(t => !left.Contains(t.Key)).ToDictionary(
                t => Renamed(t.Key), t => t.Value, StringComparer.Ordinal),
        };
    }

    /// <summary>What stands before the token embedding's name; null where the file has none.</summary>
    private static string? RootOf(StoredWeights stored) => stored.Names
        .Where(name => name == Tokens || name.EndsWith("." + Tokens, StringComparison.Ordinal))
        .Select(name => name[..^Tokens.Length]).MinBy(root => root.Length);

    private static bool LacksBody(string name, string root) =>
        !root.EndsWith(Body, StringComparison.Ordinal) && name.StartsWith(root, StringComparison.Ordinal)
        && Parts.Any(part => name.AsSpan(root.Length).StartsWith(part, StringComparison.Ordinal));

    private static string HeadOf(string root) => (root.EndsWith(Body, StringComparison.Ordinal) ? root[..^Body.Length] : root) + Head;

    private static void RequireTiedHead(StoredWeights stored, string root)
    {
        if (!stored.Tensors.TryGetValue(HeadOf(root), out Tensor? head)
            || !stored.Tensors.TryGetValue(root + Tokens, out Tensor? tokens))
        {
            return;
        }
        using IDisposable scope = NewDisposeScope();
        if (head.shape.AsSpan().SequenceEqual(tokens.shape) && head.eq(tokens).all().item<bool>()) { return; }
        throw new InvalidInputException(
            $"{stored.Path}: {TensorText.Name(HeadOf(root))} is not {TensorText.Name(root + Tokens)}, but the head of a causal transformer "
            + "is its token embedding. Nothing was loaded. Take a model whose head is tied.");
    }

    /// <summary>Query, key and value tell: their map is three times as wide as the model.</summary>
    private static bool IsTurned(StoredWeights stored, string root) =>
        stored.ShapeOf(root + "h.0.attn.c_attn.weight") is [var first, var second] && second == 3 * first;

    /// <summary>Ones up to the diagonal, [1, 1, T, T], or the one number that took the place of what is masked.</summary>
    private static bool IsMask(StoredWeights stored, string name)
    {
        if (!Mask().IsMatch(name) || stored.ShapeOf(name) is not { } shape) { return false; }
        if (shape.Length == 0) { return true; }
        if (shape is not [1, 1, var rows, var columns] || rows != columns) { return false; }
        if (!stored.Tensors.TryGetValue(name, out Tensor? mask)) { return true; }
        using IDisposable scope = NewDisposeScope();
        Tensor numbers = mask[0, 0].to(float32);
        return numbers.eq(ones_like(numbers).tril()).all().item<bool>();
    }

    [GeneratedRegex(@"(^|\.)h\.\d+\.(attn\.c_attn|attn\.c_proj|mlp\.c_fc|mlp\.c_proj)\.weight$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Map();

    [GeneratedRegex(@"(^|\.)h\.\d+\.attn\.(bias|masked_bias)$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Mask();
}
