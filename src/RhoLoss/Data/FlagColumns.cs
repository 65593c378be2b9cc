using RhoLoss.Native;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>Marks of examples by name: bool, shape [N], in row order. Owns them.</summary>
/// <param name="count">N.</param>
internal sealed class FlagColumns(int count) : IDisposable
{
    private readonly Dictionary<string, Tensor> _columns = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => _columns.Keys;

    public Tensor? Of(string name) => _columns.GetValueOrDefault(name);

    /// <summary>Takes over a column, in place of one of the same name.</summary>
    /// <exception cref="ArgumentException">It is not bool of shape [N].</exception>
    public void Set(string name, Tensor flag)
    {
        ArgumentNullException.ThrowIfNull(flag);
        if (flag.dim() != 1 || flag.shape[0] != count || flag.dtype != ScalarType.Bool)
        {
            throw new ArgumentException(
                $"Flag '{name}' must be bool of shape [{count}], but is {flag.dtype} of shape [{string.Join(", ", flag.shape)}].",
                nameof(flag));
        }
        if (_columns.Remove(name, out Tensor? old)) { old.Dispose(); }
        _columns[name] = LargePages.Held(flag).DetachFromDisposeScope();
    }

    public void Dispose()
    {
        foreach (Tensor flag in _columns.Values) { flag.Dispose(); }
        _columns.Clear();
    }
}
