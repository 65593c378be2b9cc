using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection.Scoring;

/// <summary>
/// How scorers write themselves into a checkpoint. Entries of a scorer begin with a prefix of its own; where a scorer stands inside another
/// that uses the same prefix, its entries get <c>inner.</c> before them, once for each such scorer around it, so that neither overwrites
/// the other's.
/// </summary>
internal static class ScorerState
{
    private const string Inner = "inner.";

    /// <summary>
    /// Adds what an inner scorer needs to continue, under names that the scorer around it, with this prefix, does not use.
    /// </summary>
    public static void Capture(Scorer inner, string prefix, IDictionary<string, Tensor> state)
    {
        var own = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        inner.Capture(own);
        foreach ((string name, Tensor value) in own) { state[NameInside(prefix, name)] = value; }
    }

    /// <summary>Continues with what <see cref="Capture"/> added.</summary>
    public static void Restore(Scorer inner, string prefix, Func<string, Tensor> state) =>
        inner.Restore(name => state(NameInside(prefix, name)));

    /// <summary>Copies an entry into a tensor of the same type and shape.</summary>
    /// <exception cref="InvalidInputException">Type or shape differ; a copy would convert or repeat it without a word.</exception>
    public static void CopyInto(Tensor own, Func<string, Tensor> state, string name)
    {
        Tensor saved = state(name);
        SavedTensor.RequireLike("The scorer's state", name, saved, own);
        own.copy_(saved);
    }

    private static string NameInside(string prefix, string name)
    {
        string bare = name;
        while (bare.StartsWith(Inner, StringComparison.Ordinal)) { bare = bare[Inner.Length..]; }
        return bare.StartsWith(prefix, StringComparison.Ordinal) ? Inner + name : name;
    }
}
