using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>The tensors of a file of weights under the names that a model is compared with.</summary>
/// <param name="Path">The file.</param>
/// <param name="Tensors">Those that could be read. The dispose scope of whoever read them owns them.</param>
/// <param name="Unreadable">Those of a type that cannot be read, such as 8-bit floating-point numbers.</param>
/// <param name="Prefix">What was taken off every name; empty for nothing.</param>
internal sealed record StoredWeights(
    string Path, IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, SafetensorsEntry> Unreadable, string Prefix = "")
{
    private const string CheckpointFormat = "rholoss-checkpoint/", CheckpointPrefix = "model.";

    /// <summary>
    /// What wrappers put before the names of the network they hold: DataParallel, torch.compile, and modules such as Lightning's.
    /// </summary>
    private static readonly string[] WrapperPrefixes = ["module.", "_orig_mod.", "model."];

    /// <summary>
    /// Last parts of names that no layer computes with: BatchNorm's counter, that of averaged weights, those of thop, and BERT's positions.
    /// </summary>
    private static readonly HashSet<string> Counters = new(StringComparer.Ordinal)
    {
        "num_batches_tracked", "n_averaged", "total_ops", "total_params", "num_updates", "position_ids",
    };

    private static readonly HashSet<string> LayerTensors = new(StringComparer.Ordinal) { "weight", "bias", "running_mean", "running_var" };

    /// <summary>All names of the file, ordered.</summary>
    public IEnumerable<string> Names => Tensors.Keys.Concat(Unreadable.Keys).Order(StringComparer.Ordinal);

    /// <summary>Reads the file; of a checkpoint of a run the model, and a <see cref="QuantizedMobileNetV2"/> in real numbers.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read.</exception>
    public static StoredWeights Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata, IReadOnlyList<SafetensorsEntry> unreadable) =
            SafetensorsFile.ReadReadable(path);
        if (QuantizedMobileNetV2.IsDescribedBy(metadata))
        {
            Dictionary<string, Tensor> real = QuantizedMobileNetV2.Dequantize(path, tensors, metadata);
            return new StoredWeights(path, real, new Dictionary<string, SafetensorsEntry>());
        }
        if (metadata.GetValueOrDefault("format")?.StartsWith(CheckpointFormat, StringComparison.Ordinal) == true)
        {
            tensors = tensors.Where(t => t.Key.StartsWith(CheckpointPrefix, StringComparison.Ordinal))
                .ToDictionary(t => t.Key[CheckpointPrefix.Length..], t => t.Value, StringComparer.Ordinal);
        }
        return new StoredWeights(path, tensors, unreadable.ToDictionary(entry => entry.Name, StringComparer.Ordinal));
    }

    /// <summary>
    /// These weights, and then the same with one wrapper's prefix after the other taken off, as long as all names carry one.
    /// </summary>
    public IEnumerable<StoredWeights> Unwrapped()
    {
        StoredWeights? next = this;
        while (next is not null)
        {
            yield return next;
            next = next.WithoutPrefix();
        }
    }

    /// <summary>
    /// Why a tensor that the model does not have may be there all the same; null if it may not, because it belongs to a layer.
    /// </summary>
    public string? HarmlessAs(string name)
    {
        string last = name[(name.LastIndexOf('.') + 1)..];
        if (Counters.Contains(last)) { return "a counter"; }
        if (Unreadable.TryGetValue(name, out SafetensorsEntry? entry))
        {
            return entry.Shape.Contains(0) ? "empty" : LayerTensors.Contains(last) ? null : entry.Type.Name;
        }
        Tensor tensor = Tensors[name];
        return tensor.numel() == 0 ? "empty" : tensor.numel() == 1 && !tensor.is_floating_point() ? "a counter" : null;
    }

    /// <summary>Without the prefix that all carry but those that no layer needs, which stay as they are.</summary>
    private StoredWeights? WithoutPrefix()
    {
        string[] needed = [.. Names.Where(name => HarmlessAs(name) is null)];
        string? prefix = needed.Length == 0 ? null
            : WrapperPrefixes.FirstOrDefault(wrapper => needed.All(name => name.StartsWith(wrapper, StringComparison.Ordinal)));
        if (prefix is null) { return null; }
        string Shortened(string name) => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
        // Where two names become one, taking the prefix off would lose a tensor.
        return Names.Select(Shortened).Distinct(StringComparer.Ordinal).Count() < Tensors.Count + Unreadable.Count ? null : this with
        {
            Tensors = Tensors.ToDictionary(t => Shortened(t.Key), t => t.Value, StringComparer.Ordinal),
            Unreadable = Unreadable.ToDictionary(t => Shortened(t.Key), t => t.Value, StringComparer.Ordinal),
            Prefix = Prefix + prefix,
        };
    }
}
