using RhoLoss.Serialization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>
/// Weights made elsewhere, in a safetensors file, by name: a state dict exported from PyTorch, a checkpoint of a run, or a
/// <see cref="QuantizedMobileNetV2"/>. Numbers of any real type are converted to the model's. What DataParallel, torch.compile and the like
/// put before every name (<c>module.</c>, <c>_orig_mod.</c>, <c>model.</c>) is taken off where only that makes the names fit.
/// </summary>
public static class WeightFile
{
    // PyTorch files of before 2018 lack this counter, and nothing here reads it: the running statistics have a fixed momentum.
    private const string Counter = "num_batches_tracked";

    /// <summary>Loads the weights into the model, in place: all of them, or nothing.</summary>
    /// <param name="model">On its device and not yet trained; lay out its parameters (<see cref="Optimization.FlatParameters"/>) afterwards.</param>
    /// <param name="path">The file.</param>
    /// <param name="classifier">What is done with the last linear layer.</param>
    /// <returns>What was loaded and what was left out.</returns>
    /// <exception cref="InvalidInputException">
    /// The file cannot be read, does not fit, or has values that are not finite where the model needs them; the model is as it was.
    /// </exception>
    public static WeightReport Load(nn.Module model, string path, ClassifierWeights classifier = ClassifierWeights.Load)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (WeightReport report, StoredWeights stored) = CompareAsStored(model, path, classifier);
        if (!report.Fits) { throw new InvalidInputException($"{report} Nothing was loaded. {report.Advice}"); }
        Dictionary<string, Tensor> own = model.state_dict();
        foreach (string name in report.Loaded) { RequireFinite(path, stored.Prefix + name, stored.Tensors[name], own[name]); }
        foreach (string name in report.Loaded) { own[name].copy_(stored.Tensors[name]); }
        return report;
    }

    /// <summary>Under the names that fit best, the file's own if they fit as well as others.</summary>
    private static (WeightReport Report, StoredWeights Stored) CompareAsStored(nn.Module model, string path, ClassifierWeights classifier)
    {
        ArgumentNullException.ThrowIfNull(model);
        return StoredWeights.Read(path).Unwrapped().Select(stored => (Report: Compare(model, stored, classifier), Stored: stored))
            .MinBy(compared => (compared.Report.Fits ? 0 : 1, compared.Report.Missing.Count + compared.Report.Extra.Count));
    }

    private static WeightReport Compare(nn.Module model, StoredWeights stored, ClassifierWeights classifier)
    {
        Dictionary<string, Tensor> own = model.state_dict();
        IReadOnlyDictionary<string, Tensor> given = stored.Tensors;
        string[] leftOut = LeftOut(model, own, stored, classifier);
        string[] wanted = [.. own.Keys.Except(leftOut)];
        string[] common = [.. wanted.Where(given.ContainsKey)];
        string[] misShaped = [.. common.Where(name => !CanHold(own[name], given[name]))];
        string[] counters = [.. misShaped.Where(IsCounter)];   // such as those of a state dict that was halved as a whole
        string[] others = [.. stored.Names.Where(name => !own.ContainsKey(name))];
        return new WeightReport(stored.Path, model.GetName(),
            [.. common.Except(misShaped)],
            [.. leftOut.Select(name => given.TryGetValue(name, out Tensor? other) ? Differing(name, own[name], other) : $"{name} {Shape(own[name])}")],
            [.. wanted.Where(name => !given.ContainsKey(name) && !stored.Unreadable.ContainsKey(name) && !IsCounter(name))],
            [.. others.Where(name => stored.HarmlessAs(name) is null).Select(TensorText.Name)],
            [.. misShaped.Except(counters).Select(name => Differing(name, own[name], given[name]))])
        {
            Prefix = stored.Prefix,
            Unreadable =
            [
                .. wanted.Where(name => stored.Unreadable.ContainsKey(name) && !IsCounter(name))
                    .Select(name => $"{name} {stored.Unreadable[name].Type.Name}"),
            ],
            Unused =
            [
                .. counters.Select(name => $"{name} (a counter)"),
                .. others.Where(name => stored.HarmlessAs(name) is not null)
                    .Select(name => $"{TensorText.Name(name)} ({stored.HarmlessAs(name)})"),
            ],
        };
    }

    private static bool IsCounter(string name) => name.EndsWith(Counter, StringComparison.Ordinal);

    private static string[] LeftOut(nn.Module model, Dictionary<string, Tensor> own, StoredWeights stored, ClassifierWeights classifier)
    {
        if (classifier == ClassifierWeights.Load) { return []; }
        // Every network here ends in its classifier, so it is the linear layer that was registered last.
        string layer = model.named_modules().LastOrDefault(m => m.module is Linear).name
            ?? throw new ArgumentException($"{model.GetName()} has no linear layer that could be its classifier.", nameof(model));
        string[] names = [.. own.Keys.Where(name => name.StartsWith(layer + ".", StringComparison.Ordinal))];
        return names.All(ForAsManyClasses) ? [] : names;

        bool ForAsManyClasses(string name)
        {
            long[] shape = stored.Tensors.TryGetValue(name, out Tensor? tensor) ? tensor.shape
                : stored.Unreadable.TryGetValue(name, out SafetensorsEntry? entry) ? entry.Shape : [];
            return shape.Length > 0 && shape[0] == own[name].shape[0];
        }
    }

    private static bool CanHold(Tensor own, Tensor given) =>
        own.shape.AsSpan().SequenceEqual(given.shape) && own.is_floating_point() == given.is_floating_point();

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

    private static string Differing(string name, Tensor own, Tensor given) =>
        own.is_floating_point() == given.is_floating_point() ? $"{name} {Shape(given)} for {Shape(own)}" : $"{name} {given.dtype} for {own.dtype}";

    private static string Shape(Tensor tensor) => TensorText.Shape(tensor.shape);
}
