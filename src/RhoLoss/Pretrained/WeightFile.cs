using RhoLoss.Serialization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>
/// Weights made elsewhere, in a safetensors file, by name: a state dict exported from PyTorch, a checkpoint of a run, or a
/// <see cref="QuantizedMobileNetV2"/>. Numbers of any real type are converted to the model's.
/// </summary>
public static class WeightFile
{
    // PyTorch files of before 2018 lack this counter, and nothing here reads it: the running statistics have a fixed momentum.
    private const string Counter = "num_batches_tracked";
    private const string CheckpointFormat = "rholoss-checkpoint/", CheckpointPrefix = "model.";

    /// <summary>Loads the weights into the model, in place: all of them, or nothing.</summary>
    /// <param name="model">On its device and not yet trained; lay out its parameters (<see cref="Optimization.FlatParameters"/>) afterwards.</param>
    /// <param name="path">The file.</param>
    /// <param name="classifier">What is done with the last linear layer.</param>
    /// <returns>What was loaded and what was left out.</returns>
    /// <exception cref="InvalidInputException">The file cannot be read, or does not fit; the model is as it was.</exception>
    public static WeightReport Load(nn.Module model, string path, ClassifierWeights classifier = ClassifierWeights.Load)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Dictionary<string, Tensor> given = Read(path);
        WeightReport report = Compare(model, path, given, classifier);
        if (!report.Fits) { throw new InvalidInputException($"{report} Nothing was loaded. Choose the model that the file was saved from, or another file."); }
        Dictionary<string, Tensor> own = model.state_dict();
        foreach (string name in report.Loaded) { own[name].copy_(given[name]); }
        return report;
    }

    private static WeightReport Compare(nn.Module model, string path, Dictionary<string, Tensor> given, ClassifierWeights classifier)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, Tensor> own = model.state_dict();
        string[] leftOut = LeftOut(model, own, given, classifier);
        string[] wanted = [.. own.Keys.Except(leftOut)];
        string[] common = [.. wanted.Where(given.ContainsKey)];
        string[] misShaped = [.. common.Where(name => !CanHold(own[name], given[name]))];
        return new WeightReport(path, model.GetName(),
            [.. common.Except(misShaped)],
            [.. leftOut.Select(name => given.TryGetValue(name, out Tensor? other) ? Differing(name, own[name], other) : $"{name} {Shape(own[name])}")],
            [.. wanted.Where(name => !given.ContainsKey(name) && !name.EndsWith(Counter, StringComparison.Ordinal))],
            [.. given.Keys.Where(name => !own.ContainsKey(name)).Order(StringComparer.Ordinal)],
            [.. misShaped.Select(name => Differing(name, own[name], given[name]))]);
    }

    private static Dictionary<string, Tensor> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(path);
        if (QuantizedMobileNetV2.IsDescribedBy(metadata)) { return QuantizedMobileNetV2.Dequantize(path, tensors, metadata); }
        if (metadata.GetValueOrDefault("format")?.StartsWith(CheckpointFormat, StringComparison.Ordinal) == true)
        {
            return tensors.Where(t => t.Key.StartsWith(CheckpointPrefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[CheckpointPrefix.Length..], t => t.Value, StringComparer.Ordinal);
        }
        return tensors;
    }

    private static string[] LeftOut(nn.Module model, Dictionary<string, Tensor> own, Dictionary<string, Tensor> given, ClassifierWeights classifier)
    {
        if (classifier == ClassifierWeights.Load) { return []; }
        // Every network here ends in its classifier, so it is the linear layer that was registered last.
        string layer = model.named_modules().LastOrDefault(m => m.module is Linear).name ?? throw new ArgumentException($"{model.GetName()} has no linear layer that could be its classifier.", nameof(model));
        string[] names = [.. own.Keys.Where(name => name.StartsWith(layer + ".", StringComparison.Ordinal))];
        bool agree = names.All(name => given.TryGetValue(name, out Tensor? other) && other.dim() > 0 && other.shape[0] == own[name].shape[0]);
        return agree ? [] : names;
    }

    private static bool CanHold(Tensor own, Tensor given) => own.shape.AsSpan().SequenceEqual(given.shape) && own.is_floating_point() == given.is_floating_point();

    private static string Differing(string name, Tensor own, Tensor given) =>
        own.is_floating_point() == given.is_floating_point() ? $"{name} {Shape(given)} for {Shape(own)}" : $"{name} {given.dtype} for {own.dtype}";

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
