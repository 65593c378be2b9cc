using static TorchSharp.torch;

namespace RhoLoss.Optimization;

/// <summary>Makes the buffers of a module (running statistics, counts) views of one flat tensor for each type of number.</summary>
internal sealed class FlatBuffers : IDisposable
{
    private readonly (ScalarType Type, IReadOnlyList<FlatEntry> Entries, Tensor Values)[] _groups;

    public FlatBuffers(nn.Module model)
    {
        _groups = [.. model.named_buffers().GroupBy(b => b.buffer.dtype).OrderBy(g => g.Key).Select(group =>
        {
            IReadOnlyList<FlatEntry> entries = FlatEntry.Lay(group.Select(b => (b.name, b.buffer)), start: 0, channelsLast: false);
            Tensor values = zeros(entries[^1].End, dtype: group.Key, device: group.First().buffer.device).DetachFromDisposeScope();
            foreach ((FlatEntry entry, Tensor buffer) in entries.Zip(group, (entry, b) => (entry, b.buffer)))
            {
                using Tensor view = entry.ViewOf(values);
                view.copy_(buffer);
                buffer.set_(view);
            }
            return (group.Key, entries, values);
        })];
    }

    /// <summary>Overwrites them with those of the same architecture.</summary>
    public void CopyFrom(FlatBuffers source)
    {
        foreach ((ScalarType _, _, Tensor own, Tensor other) in
            _groups.Zip(source._groups, (a, b) => (a.Type, a.Entries, a.Values, b.Values)))
        {
            own.copy_(other);
        }
    }

    /// <summary>What keeps <see cref="CopyFrom"/> from being possible.</summary>
    public IEnumerable<string> DifferencesFrom(FlatBuffers source)
    {
        (ScalarType Type, FlatEntry Entry)[] own = Places(), others = source.Places();
        if (own.Length != others.Length) { yield return $"{own.Length} buffers for {others.Length}"; }
        foreach (((ScalarType type, FlatEntry entry), (ScalarType otherType, FlatEntry other)) in own.Zip(others))
        {
            if (type != otherType || !entry.CoincidesWith(other))
            {
                yield return $"buffer {entry.Name} is {type} [{string.Join(", ", entry.Shape)}] "
                    + $"for {other.Name}, {otherType} [{string.Join(", ", other.Shape)}]";
            }
        }
    }

    private (ScalarType Type, FlatEntry Entry)[] Places() => [.. _groups.SelectMany(g => g.Entries.Select(e => (g.Type, e)))];

    public void Dispose()
    {
        foreach ((_, _, Tensor values) in _groups) { values.Dispose(); }
    }
}
