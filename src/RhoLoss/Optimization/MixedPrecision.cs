using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>
/// Which layers compute in bfloat16, which may stand between them with float32 parameters, and which models can therefore not be put into
/// bfloat16.
/// </summary>
internal static class MixedPrecision
{
    private const int Named = 3;

    /// <summary>The layers whose parameters are converted, each with its name and a dot.</summary>
    public static IEnumerable<(string Prefix, nn.Module Layer)> ConvertibleLayers(nn.Module model) =>
        Layers(model).Where(l => IsConvertible(l.Layer)).Select(l => (l.Name.Length == 0 ? "" : l.Name + ".", l.Layer));

    /// <summary>Puts those layers into a precision.</summary>
    public static void Convert(nn.Module model, ScalarType precision)
    {
        foreach ((_, nn.Module layer) in ConvertibleLayers(model)) { layer.to(precision); }
    }

    /// <summary>Refuses a model in which float32 and bfloat16 numbers would meet where LibTorch does not allow it.</summary>
    /// <exception cref="ArgumentException">The message names the layers, their types and what to do.</exception>
    public static void Require(nn.Module model)
    {
        (string Name, nn.Module Layer)[] layers = [.. Layers(model)];
        RequireTypes(model, layers);
        RequireOwnWeights(model, layers);
        string[] unsuited = [.. model.named_parameters().Select(p => (p.name, What: "parameter"))
            .Concat(model.named_buffers().Where(b => b.buffer.is_floating_point()).Select(b => (b.name, What: "buffer")))
            .Select(t => (t.name, t.What, Owner: OwnerOf(t.name, layers)))
            .Where(t => !IsNormalization(t.Owner.Layer) && !(t.What == "parameter" && IsConvertible(t.Owner.Layer)))
            .Where(t => !IsMarked(t.Owner.Name, layers))
            .GroupBy(t => t.Owner.Name)
            .Select(g => $"{Describe(g.First().Owner)} has the {g.First().What} {g.First().name}")];
        if (unsuited.Length == 0) { return; }
        string more = unsuited.Length > Named ? $"; and {unsuited.Length - Named} more" : "";
        throw new ArgumentException(
            $"{TypeOf(model)} cannot compute in BFloat16: {string.Join("; ", unsuited.Take(Named))}{more}. Only convolution and linear "
            + "layers are converted, and between them BatchNorm, InstanceNorm, LayerNorm and GroupNorm may stay in float32; any other "
            + "parameter or buffer would meet numbers of another type. Compute this model in Float32, or convert types in the module's "
            + "own forward pass and mark its class [MixedPrecision].");
    }

    /// <summary>Layers of TorchScript are all of one type, so nothing says which of them may be converted.</summary>
    private static void RequireTypes(nn.Module model, (string Name, nn.Module Layer)[] layers)
    {
        if (!layers.Any(l => l.Layer is jit.ScriptModule)) { return; }
        throw new ArgumentException(
            $"{TypeOf(model)} cannot compute in BFloat16: it is TorchScript or has parts that are, whose layers are not seen, so that none "
            + "can be converted alone. "
            + "Compute it in Float32, or write the network in TorchSharp and load its weights by name (WeightFile).");
    }

    private static bool IsConvertible(nn.Module layer) => layer is Convolution or Linear;

    /// <summary>LibTorch normalises bfloat16 by float32 parameters and statistics, and gives bfloat16.</summary>
    private static bool IsNormalization(nn.Module layer) => layer is NormBase or LayerNorm or GroupNorm;

    private static IEnumerable<(string Name, nn.Module Layer)> Layers(nn.Module model) =>
        model.named_modules().Select(m => (m.name, m.module)).Prepend(("", model));

    /// <summary>
    /// The innermost layer that shows the parameter or buffer of this name: native layers show those of their parts as theirs.
    /// </summary>
    private static (string Name, nn.Module Layer) OwnerOf(string name, (string Name, nn.Module Layer)[] layers) =>
        layers.Where(l => IsWithin(name, l.Name)).MaxBy(l => l.Name.Length);

    /// <summary>Whether the layer, or one that it is a part of, says that it brings types together itself.</summary>
    private static bool IsMarked(string owner, (string Name, nn.Module Layer)[] layers) =>
        layers.Where(l => l.Name == owner || IsWithin(owner, l.Name))
            .Any(l => l.Layer.GetType().IsDefined(typeof(MixedPrecisionAttribute), inherit: true));

    private static bool IsWithin(string name, string layer) => layer.Length == 0 || name.StartsWith(layer + ".", StringComparison.Ordinal);

    /// <summary>A weight that two layers share is converted with one of them and lost to the other.</summary>
    private static void RequireOwnWeights(nn.Module model, (string Name, nn.Module Layer)[] layers)
    {
        var owners = new Dictionary<nint, (string Name, nn.Module Layer)>();
        foreach ((string Name, nn.Module Layer) layer in layers.DistinctBy(l => l.Layer))
        {
            foreach ((string name, Parameter parameter) in layer.Layer.named_parameters(recurse: false))
            {
                if (owners.TryAdd(parameter.Handle, layer)) { continue; }
                throw new ArgumentException(
                    $"{TypeOf(model)} cannot compute in BFloat16: {Describe(owners[parameter.Handle])} and {Describe(layer)} share the "
                    + $"parameter {name}, and each would be converted alone. Compute this model in Float32.");
            }
        }
    }

    private static string Describe((string Name, nn.Module Layer) layer) =>
        layer.Name.Length == 0 ? "the model itself" : $"the layer {layer.Name} ({TypeOf(layer.Layer)})";

    private static string TypeOf(nn.Module module) => module.GetType().Name.Split('`')[0];
}
