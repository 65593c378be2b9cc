using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>In which order the parameters of a model lie in flat tensors.</summary>
internal static class FlatLayout
{
    /// <summary>Groups of neighbours: first what bfloat16 converts, then the rest; in each, first what is trained. The order is that of every format.</summary>
    public static List<(bool Convertible, bool Trained, IReadOnlyList<FlatEntry> Entries)> Of(nn.Module model, bool channelsLast)
    {
        var convertible = MixedPrecision.ConvertibleLayers(model)
            .SelectMany(l => l.Layer.named_parameters(recurse: false).Select(p => $"{l.Prefix}{p.name}")).ToHashSet(StringComparer.Ordinal);
        var groups = new List<(bool, bool, IReadOnlyList<FlatEntry>)>();
        long start = 0;
        foreach (var group in model.named_parameters().GroupBy(p => (Convertible: convertible.Contains(p.name), Trained: p.parameter.requires_grad))
                     .OrderByDescending(g => g.Key.Convertible).ThenByDescending(g => g.Key.Trained))
        {
            IReadOnlyList<FlatEntry> entries = FlatEntry.Lay(group.Select(p => (p.name, (Tensor)p.parameter)), start, channelsLast);
            groups.Add((group.Key.Convertible, group.Key.Trained, entries));
            start = entries[^1].End;
        }
        return groups;
    }

    /// <summary>The parameters of the model in these places of one new tensor, float32.</summary>
    public static Tensor Gather(nn.Module model, IEnumerable<FlatEntry> entries)
    {
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        Tensor values = zeros(entries.Last().End, device: parameters.Values.First().device);
        foreach (FlatEntry entry in entries) { entry.ViewOf(values).copy_(parameters[entry.Name]); }
        return values;
    }
}
