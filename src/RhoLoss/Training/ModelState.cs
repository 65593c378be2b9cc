using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>Parameters and buffers of a module by name.</summary>
internal static class ModelState
{
    /// <summary>Copies of all parameters, in float32, and buffers, detached from dispose scopes: dispose them.</summary>
    public static Dictionary<string, Tensor> Clone(FlatParameters parameters)
    {
        using IDisposable scope = NewDisposeScope();
        return parameters.StateDict().ToDictionary(
            s => s.Key, s => s.Value.detach().clone().DetachFromDisposeScope(), StringComparer.Ordinal);
    }

    /// <summary>
    /// Copies the tensors named <paramref name="prefix"/> + name into a model that trains; names and shapes must match exactly.
    /// </summary>
    public static void Restore(string model, FlatParameters parameters, IReadOnlyDictionary<string, Tensor> tensors, string prefix = "")
    {
        using IDisposable scope = NewDisposeScope();
        Restore(model, parameters.StateDict(), tensors, prefix);
        parameters.RoundMasters();
    }

    /// <summary>
    /// Copies the tensors named <paramref name="prefix"/> + name into the module in place; names and shapes must match exactly.
    /// </summary>
    public static void Restore(nn.Module model, IReadOnlyDictionary<string, Tensor> tensors, string prefix = "") =>
        Restore(model.GetName(), model.state_dict(), tensors, prefix);

    private static void Restore(string model, Dictionary<string, Tensor> own, IReadOnlyDictionary<string, Tensor> tensors, string prefix)
    {
        using IDisposable noGradient = no_grad();
        string[] given = [.. tensors.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Select(k => k[prefix.Length..])];
        string[] missing = [.. own.Keys.Except(given)];
        string[] extra = [.. given.Except(own.Keys)];
        string[] misshaped = [.. own.Keys.Intersect(given).Where(k => !own[k].shape.AsSpan().SequenceEqual(tensors[prefix + k].shape))
            .Select(k => $"{k} ([{string.Join(", ", tensors[prefix + k].shape)}] for [{string.Join(", ", own[k].shape)}])")];
        if (missing.Length + extra.Length + misshaped.Length > 0)
        {
            throw new InvalidInputException($"These weights are of another model than {model}: " + string.Join("; ", new[]
            {
                Describe("missing", missing), Describe("not in the model", extra), Describe("of another shape", misshaped),
            }.Where(d => d is not null)) + ".");
        }
        foreach ((string name, Tensor value) in own) { value.copy_(tensors[prefix + name]); }
    }

    private static string? Describe(string what, string[] names) =>
        names.Length == 0 ? null : $"{names.Length} {what} ({string.Join(", ", names.Take(3))}{(names.Length > 3 ? ", …" : "")})";
}
