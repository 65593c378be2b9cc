using RhoLoss.Data;
using RhoLoss.Models;
using RhoLoss.Serialization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Pretrained;

/// <summary>
/// A MobileNet-v2 of width 1 whose weights are whole numbers of 8 bits, trained on ImageNet with 1001 labels, of which the first is the
/// background. Layer NN of the file has <c>layerNN.weight_q</c> [out, in or 1, k, k], <c>layerNN.scale</c> [out] and <c>layerNN.bias</c>
/// [out]; a weight is q · scale. The metadata's <c>layers</c> lists the operations in order. Normalisation is folded into the convolutions.
/// </summary>
public static class QuantizedMobileNetV2
{
    private const string GraphKey = "layers", WeightSuffix = ".weight_q";

    /// <summary>What its inputs must be scaled to: (byte − 127) / 127.5, red, green, blue.</summary>
    public static Normalization InputNormalization { get; } = new([127f / 255f, 127f / 255f, 127f / 255f], [0.5f, 0.5f, 0.5f]);

    /// <summary>Whether the file is one, by its metadata.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read.</exception>
    public static bool IsOne(string path) => IsDescribedBy(SafetensorsFile.ReadMetadata(path));

    /// <summary>Makes the network in float32, to use or to fine-tune. The caller owns it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="classes">C; null for the file's own labels. With another number than the file's the classifier is new.</param>
    /// <param name="seed">Seed of a new classifier.</param>
    /// <param name="inputs">
    /// How the inputs will be normalised, which the network makes up for; null for <see cref="InputNormalization"/>.
    /// </param>
    /// <returns>The network, and what was loaded into it.</returns>
    /// <exception cref="InvalidInputException">The file cannot be read, or holds another network.</exception>
    public static (MobileNetV2 Model, WeightReport Report) Load(
        string path, int? classes = null, long seed = 0, Normalization? inputs = null)
    {
        MobileNetV2 model = MobileNetV2.Folded(3, classes ?? ClassesOf(path), seed, ScaleFor(inputs));
        try
        {
            return (model, WeightFile.Load(model, path, ClassifierWeights.LoadIfClassesAgree));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>By a list under the key; another tool may have a mere number there.</summary>
    internal static bool IsDescribedBy(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(GraphKey, out string? layers) && layers.AsSpan().TrimStart().StartsWith('[');

    /// <summary>The tensors under the names of <see cref="MobileNetV2.Folded"/>, in float32.</summary>
    internal static Dictionary<string, Tensor> Dequantize(
        string path, Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata)
    {
        QuantizedGraph graph = QuantizedGraph.Parse(path, metadata[GraphKey]);
        using MobileNetV2 shape = MobileNetV2.Folded(3, classes: 1, seed: 0);
        string[] layers = [.. WeightLayers(shape, "")];
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        for (int i = 0; i < layers.Length; i++)
        {
            string stored = graph.Layers[i].Name!;
            Tensor quantized = Find(stored + WeightSuffix, int8), scale = Find(stored + ".scale", float32);
            if (scale.dim() != 1 || quantized.dim() != 4 || scale.shape[0] != quantized.shape[0])
            {
                throw new InvalidInputException(
                    $"{path} is no quantised MobileNet-v2: {stored} must have one scale for each of its {quantized.shape[0]} "
                    + $"filters, but has [{string.Join(", ", scale.shape)}].");
            }
            Tensor weight = quantized.to(float32).mul_(scale.reshape(-1, 1, 1, 1));
            // The classifier is stored as a 1×1 convolution.
            weights[$"{layers[i]}.weight"] = i == layers.Length - 1 ? weight.flatten(1) : weight;
            weights[$"{layers[i]}.bias"] = Find(stored + ".bias", float32);
        }
        return weights;

        Tensor Find(string name, ScalarType type)
        {
            Tensor tensor = tensors.TryGetValue(name, out Tensor? found) && found.dtype == type ? found
                : throw new InvalidInputException($"{path} is no quantised MobileNet-v2: it has no {name} of type {type}.");
            return !tensor.is_floating_point() || tensor.isfinite().all().item<bool>() ? tensor
                : throw new InvalidInputException($"{path}: {name} has values that are not finite (NaN or infinite). "
                    + "The file is damaged: get it again.");
        }
    }

    /// <summary>Names of convolutions and classifier in the order of computation: depth first, which <c>named_modules</c> is not.</summary>
    private static IEnumerable<string> WeightLayers(nn.Module module, string prefix) => module.named_children()
        .SelectMany(
            child => child.module is Conv2d or Linear ? [prefix + child.name] : WeightLayers(child.module, $"{prefix}{child.name}."));

    private static int ClassesOf(string path)
    {
        SafetensorsHeader header = SafetensorsFile.ReadHeader(path);
        if (!IsDescribedBy(header.Metadata))
        {
            throw new InvalidInputException($"{path} is no quantised MobileNet-v2: its metadata have no list '{GraphKey}'. "
                + "Load other weights with WeightFile.Load.");
        }
        QuantizedOperation classifier = QuantizedGraph.Parse(path, header.Metadata[GraphKey]).Layers[^1];
        // A list may state any number of classes, but a file has no more filters than bytes.
        string name = classifier.Name + WeightSuffix;
        return header.Entries.FirstOrDefault(entry => entry.Name == name) is { Shape: [var filters, ..] } stored
            && filters == classifier.Out && filters is > 0 and <= int.MaxValue && filters <= stored.End - stored.Begin
            ? (int)filters
            : throw new InvalidInputException($"{path} is no quantised MobileNet-v2: {name} must have the {classifier.Out} filters that "
                + "its list of layers states.");
    }

    /// <summary>From (x − mean) / std of the data to that of <see cref="InputNormalization"/>.</summary>
    private static InputScale? ScaleFor(Normalization? inputs)
    {
        if (inputs is null) { return null; }
        Normalization own = InputNormalization;
        inputs.Validate(channels: 3);
        return new InputScale(
            [.. inputs.Std.Zip(own.Std, (given, wanted) => given / wanted)],
            [.. Enumerable.Range(0, 3).Select(c => (inputs.Mean[c] - own.Mean[c]) / own.Std[c])]);
    }
}
