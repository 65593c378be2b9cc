using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>In which order the parameters of a model lie in flat tensors, and how they get there and back.</summary>
internal static class FlatLayout
{
    /// <summary>
    /// Groups of neighbours: first what bfloat16 converts, then the rest; in each, first what is trained. The order is that of every
    /// format.
    /// </summary>
    public static List<(bool Convertible, bool Trained, IReadOnlyList<FlatEntry> Entries)> Of(nn.Module model, bool channelsLast)
    {
        var convertible = MixedPrecision.ConvertibleLayers(model)
            .SelectMany(l => l.Layer.named_parameters(recurse: false).Select(p => $"{l.Prefix}{p.name}")).ToHashSet(StringComparer.Ordinal);
        var groups = new List<(bool, bool, IReadOnlyList<FlatEntry>)>();
        long start = 0;
        foreach (var group in model.named_parameters()
                     .GroupBy(p => (Convertible: convertible.Contains(p.name), Trained: p.parameter.requires_grad))
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

    /// <summary>What differs in names and shapes between the entries of a replica and of its source, in words.</summary>
    public static IEnumerable<string> Differences(IEnumerable<FlatEntry> replica, IEnumerable<FlatEntry> source)
    {
        var own = replica.ToDictionary(e => e.Name, StringComparer.Ordinal);
        var others = source.ToDictionary(e => e.Name, StringComparer.Ordinal);
        return
        [
            .. own.Keys.Except(others.Keys).Select(n => $"{n} is only in the replica"),
            .. others.Keys.Except(own.Keys).Select(n => $"{n} is only in the source"),
            .. own.Keys.Intersect(others.Keys)
                .Where(n => !own[n].HasShapeOf(others[n]))
                .Select(n => $"{n} is [{string.Join(", ", own[n].Shape)}] for [{string.Join(", ", others[n].Shape)}]"),
        ];
    }

    /// <summary>
    /// Makes the model's parameters contiguous float32 tensors of their own, without gradients, with the masters for values where there are
    /// any.
    /// </summary>
    /// <param name="model">As it was laid out, or disposed.</param>
    /// <param name="ranges">What its parameters are views of.</param>
    /// <param name="half">Whether layers compute in bfloat16.</param>
    public static void GiveBack(nn.Module model, IEnumerable<FlatRange> ranges, bool half)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        if (!model.named_parameters().Any(p => !p.parameter.IsInvalid)) { return; }   // the model was disposed before
        if (half) { MixedPrecision.Convert(model, float32); }
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        foreach ((FlatRange range, FlatEntry entry) in ranges.SelectMany(r => r.Entries.Select(e => (r, e))))
        {
            Parameter parameter = parameters[entry.Name];
            // In float32 something else may have pointed it elsewhere and trained it since.
            Tensor value = half && range.Masters is not null ? entry.ViewOf(range.Masters, range.Start) : parameter;
            parameter.grad = null;
            parameter.set_(value.detach().clone().contiguous());
        }
    }
}
