using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>The tensors of a file of weights, under the names that they have there.</summary>
/// <param name="Path">The file.</param>
/// <param name="Tensors">Those that could be read. The dispose scope of whoever read them owns them.</param>
/// <param name="Unreadable">Those of a type that cannot be read, such as 8-bit floating-point numbers.</param>
internal sealed record StoredWeights(
    string Path, IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, SafetensorsEntry> Unreadable)
{
    private const string CheckpointFormat = "rholoss-checkpoint/", CheckpointPrefix = "model.";

    /// <summary>
    /// Last parts of names that no layer computes with: BatchNorm's counter, that of averaged weights, those of thop, and BERT's positions.
    /// </summary>
    private static readonly HashSet<string> Counters = new(StringComparer.Ordinal)
    {
        "num_batches_tracked", "n_averaged", "total_ops", "total_params", "num_updates", "position_ids",
    };

    private static readonly HashSet<string> LayerTensors = new(StringComparer.Ordinal) { "weight", "bias", "running_mean", "running_var" };

    /// <summary>All names of the file.</summary>
    public IEnumerable<string> Names => Tensors.Keys.Concat(Unreadable.Keys);

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

    /// <summary>The shape of a tensor; null if the file has none of that name.</summary>
    public long[]? ShapeOf(string name) => Tensors.TryGetValue(name, out Tensor? tensor) ? tensor.shape
        : Unreadable.TryGetValue(name, out SafetensorsEntry? entry) ? entry.Shape : null;

    /// <summary>
    /// What a tensor is that no network computes with, wherever it stands: a counter, empty, or a scale in a type that cannot be read; null
    /// for any other.
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
}
