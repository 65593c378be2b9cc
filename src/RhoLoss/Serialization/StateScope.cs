using static TorchSharp.torch;

namespace RhoLoss.Serialization;

/// <summary>
/// Names of saved entries: each part of a whole writes below a name of its own, so that no two parts can mean the same entry, whatever
/// names they use.
/// </summary>
internal static class StateScope
{
    /// <summary>Adds the entries of a part below its name.</summary>
    /// <param name="part">Name of the part: <c>scorer</c>.</param>
    /// <param name="capture">Adds the part's entries to what it is given.</param>
    /// <param name="state">The whole.</param>
    public static void Capture(string part, Action<IDictionary<string, Tensor>> capture, IDictionary<string, Tensor> state)
    {
        var own = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        capture(own);
        foreach ((string name, Tensor value) in own) { state[$"{part}.{name}"] = value; }
    }

    /// <summary>Finds the entries of a part that <see cref="Capture"/> added.</summary>
    public static Func<string, Tensor> Of(string part, Func<string, Tensor> state) => name => state($"{part}.{name}");
}
