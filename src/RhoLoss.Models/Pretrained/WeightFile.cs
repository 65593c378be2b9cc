using RhoLoss.Models;
using RhoLoss.Serialization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>
/// Weights made elsewhere, in a safetensors file, by name: a state dict exported from PyTorch, a checkpoint of a run, or a
/// <see cref="QuantizedMobileNetV2"/>. Numbers of any real type are converted to the model's. What stands before all of the model's names
/// (<c>module.</c>, <c>_orig_mod.</c>, <c>backbone.</c>, <c>student.net.</c>) is taken off. Further tensors do no harm unless they belong
/// to layers that the model lacks.
/// </summary>
/// <example>
/// <code>
/// WeightReport report = WeightFile.Load(model, "model.safetensors", ClassifierWeights.LoadIfClassesAgree);
/// Console.WriteLine(report);   // what was loaded, what was left, and under which names
/// </code>
/// </example>
public static class WeightFile
{
    /// <summary>Loads the weights into the model, in place: all of them, or nothing.</summary>
    /// <param name="model">
    /// On its device and not yet trained; lay out its parameters (<see cref="Optimization.FlatParameters"/>) afterwards.
    /// </param>
    /// <param name="path">The file.</param>
    /// <param name="classifier">What is done with the last linear layer.</param>
    /// <returns>What was loaded and what was left out.</returns>
    /// <exception cref="InvalidInputException">
    /// The file cannot be read, does not fit, has several sets of the model's tensors side by side, or has values that are not finite where
    /// the model needs them; the model is as it was.
    /// </exception>
    public static WeightReport Load(nn.Module model, string path, ClassifierWeights classifier = ClassifierWeights.Load)
    {
        ArgumentNullException.ThrowIfNull(model);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        StoredWeights stored = StoredWeights.Read(path);
        if (model is CausalTransformer) { stored = PublishedTransformer.Prepare(stored); }
        Dictionary<string, Tensor> own = model.state_dict();
        WeightReport report = Compare(model, own, stored, classifier);
        if (!report.Fits) { throw new InvalidInputException($"{report} Nothing was loaded. {AdviceOf(report, model)}"); }
        Dictionary<string, Tensor> given = report.Loaded.ToDictionary(name => name, name => stored.Tensors[report.Prefix + name]);
        foreach ((string name, Tensor value) in given) { RequireFinite(path, report.Prefix + name, value, own[name]); }
        foreach ((string name, Tensor value) in given) { own[name].copy_(value); }
        return report with { HoldsOneNumberEach = HoldsOneNumberEach(given.Values) };
    }

    private static string AdviceOf(WeightReport report, nn.Module model) =>
        model is CausalTransformer && report is { Missing.Count: 0, MisShaped: [var only], MisTyped.Count: 0 }
            && only.StartsWith(PublishedTransformer.TokenEmbedding, StringComparison.Ordinal)
                ? "It is of a language model of another vocabulary: read the data with the tokenizer that it was trained with, or choose "
                    + "another file."
                : report.Advice;

    private static WeightReport Compare(
        nn.Module model, Dictionary<string, Tensor> own, StoredWeights stored, ClassifierWeights classifier)
    {
        // A language model has no classifier: its head is the token embedding.
        string[] mayBeLeftOut = classifier == ClassifierWeights.Load || model is CausalTransformer ? [] : ClassifierOf(model, own);
        Dictionary<string, int> prefixes = NamePrefixes.Count(stored.Names, own.Keys);
        (WeightMatch match, string[] others) = BestMatch(own, mayBeLeftOut, stored, prefixes);
        string[] leftOver =
            [.. stored.Names.Except(own.Keys.Select(name => match.Prefix + name), StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        // Where something is not as the model needs it, any tensor may be what stands in its place.
        HashSet<string> extra = match.Fits ? new LeftOverTensors(own.Keys).OfAnotherNetwork(leftOver, stored, match.Prefix, others)
            : [.. leftOver.Where(name => stored.HarmlessAs(name) is null)];
        string[] unused = [.. leftOver.Where(name => !extra.Contains(name) && stored.HarmlessAs(name) is null)];
        HashSet<string> copies = [.. unused.Where(name => prefixes.Keys.Any(prefix => IsBelow(prefix, name, own)))];
        return new WeightReport(
            stored.Path, model.GetName(), match.Loaded, match.LeftOut, match.Missing,
            [.. leftOver.Where(extra.Contains).Select(TensorText.Name)], match.MisShaped)
        {
            Prefix = match.Prefix,
            Copies = [.. unused.Where(copies.Contains).Select(TensorText.Name)],
            OtherPrefixes = others,
            MisTyped = match.MisTyped,
            Unreadable = match.Unreadable,
            Unused =
            [
                .. unused.Where(name => !copies.Contains(name)).Select(TensorText.Name),
                .. match.Counters.Select(name => $"{name} (a counter)"),
                .. leftOver.Where(name => stored.HarmlessAs(name) is not null)
                    .Select(name => $"{TensorText.Name(name)} ({stored.HarmlessAs(name)})"),
            ],
        };
    }

    /// <summary>
    /// The outermost set of tensors that fits, and the prefixes of the others that do; where none fits, the one with the most names.
    /// </summary>
    private static (WeightMatch Match, string[] Others) BestMatch(
        Dictionary<string, Tensor> own, string[] mayBeLeftOut, StoredWeights stored, Dictionary<string, int> prefixes)
    {
        int needed = own.Keys.Except(mayBeLeftOut).Count(name => !WeightMatch.IsCounter(name));
        WeightMatch[] fitting =
        [
            .. prefixes.Where(found => found.Value >= needed).Select(found => WeightMatch.Of(own, mayBeLeftOut, stored, found.Key))
                .Where(match => match.Fits).OrderBy(match => match.Prefix.Length).ThenBy(match => match.Prefix, StringComparer.Ordinal),
        ];
        if (fitting.Length > 0) { return (fitting[0], [.. fitting.Skip(1).Select(match => match.Prefix)]); }
        string fullest = prefixes.OrderByDescending(found => found.Value).ThenBy(found => found.Key.Length)
            .ThenBy(found => found.Key, StringComparer.Ordinal).FirstOrDefault().Key ?? "";
        return (WeightMatch.Of(own, mayBeLeftOut, stored, fullest), []);
    }

    private static bool IsBelow(string prefix, string name, Dictionary<string, Tensor> own) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && own.ContainsKey(name[prefix.Length..]);

    /// <summary>Of matrices and kernels; a bias or a normalisation of one number is as usual.</summary>
    private static bool HoldsOneNumberEach(IEnumerable<Tensor> loaded)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor[] matrices = [.. loaded.Where(tensor => tensor.is_floating_point() && tensor.dim() > 1 && tensor.numel() > 1)];
        return matrices.Length > 0 && matrices.All(tensor => tensor.eq(tensor.view(-1)[0]).all().item<bool>());
    }

    /// <summary>Every network here ends in its classifier, so it is the linear layer that was registered last.</summary>
    private static string[] ClassifierOf(nn.Module model, Dictionary<string, Tensor> own)
    {
        string layer = model.named_modules().LastOrDefault(m => m.module is Linear).name
            ?? throw new ArgumentException($"{model.GetName()} has no linear layer that could be its classifier.", nameof(model));
        return [.. own.Keys.Where(name => name.StartsWith(layer + ".", StringComparison.Ordinal))];
    }

    /// <summary>Refuses what would spoil the first forward pass: NaN, infinity, and numbers beyond the range of the model's type.</summary>
    private static void RequireFinite(string path, string name, Tensor given, Tensor own)
    {
        if (!own.is_floating_point()) { return; }
        using IDisposable scope = NewDisposeScope();
        long wrong = given.to(own.dtype).isfinite().logical_not_().sum().item<long>();
        if (wrong > 0)
        {
            throw new InvalidInputException(
                $"{path}: {wrong} of the {given.numel()} values of {TensorText.Name(name)} are not finite (NaN, infinite, or too large "
                + $"for {own.dtype}). "
                + "Nothing was loaded. The training they come from diverged, or the file is damaged: take an earlier checkpoint.");
        }
    }
}
