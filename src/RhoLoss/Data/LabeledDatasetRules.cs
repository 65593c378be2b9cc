using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>What the tensors of a <see cref="LabeledDataset"/> must be.</summary>
internal static class LabeledDatasetRules
{
    /// <summary>Refuses tensors that break a rule of the constructor with the same parameters.</summary>
    /// <exception cref="ArgumentException">Shapes, types or label range break a rule; the message says which.</exception>
    public static void Require(
        IInputSource inputs, Tensor labels, int classes, Tensor? ids, Normalization? normalization, Tensor? origins,
        TokenVocabulary? tokens)
    {
        ArgumentNullException.ThrowIfNull(labels);
        long n = inputs.Count;
        if (n == 0) { throw new ArgumentException("A data set must have at least one example, but has none.", nameof(inputs)); }
        if (classes == 0) { RequireTargets(labels, n); }
        else if (labels.dim() != 1 || labels.shape[0] != n || labels.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                $"Labels must be int64 of shape [{n}], one per input, but are {labels.dtype} of shape "
                + $"[{string.Join(", ", labels.shape)}].", nameof(labels));
        }
        if (inputs.Sequences is not null)   // whose tokens are looked at when they are read
        {
            RequireIds(ids, n);
            return;
        }
        if (tokens is not null) { tokens.Validate(inputs.Stored!, normalization); }
        else if (inputs.Type == ScalarType.Byte != (normalization is not null)
            || (inputs.Type is not (ScalarType.Byte or ScalarType.Float32)))
        {
            throw new ArgumentException(
                "Inputs must be float32 without, or uint8 with a normalization, "
                + $"but are {inputs.Type} {(normalization is null ? "without" : "with")} one.", nameof(inputs));
        }
        if (normalization is not null)
        {
            if (inputs.Shape.Count < 1)
            {
                throw new ArgumentException(
                    $"Inputs with a normalization must have a channel axis, shape [N, channels, …], but have shape [{n}].",
                    nameof(inputs));
            }
            normalization.Validate(inputs.Shape[0]);
        }

        if (classes > 0) { RequireRange(labels, classes); }
        RequireIds(ids, n);
        if (origins is not null && (origins.dim() != 1 || origins.shape[0] != n || origins.dtype != ScalarType.Int64))
        {
            throw new ArgumentException(
                $"Origins must be int64 of shape [{n}], but are {origins.dtype} of shape [{string.Join(", ", origins.shape)}].",
                nameof(origins));
        }
    }

    private static void RequireIds(Tensor? ids, long n)
    {
        if (ids is not null && (ids.dim() != 1 || ids.shape[0] != n || ids.dtype != ScalarType.Int64))
        {
            throw new ArgumentException(
                $"Ids must be int64 of shape [{n}], but are {ids.dtype} of shape [{string.Join(", ", ids.shape)}].", nameof(ids));
        }
    }

    private static void RequireRange(Tensor labels, int classes)
    {
        using IDisposable scope = NewDisposeScope();
        long lowest = labels.min().item<long>(), highest = labels.max().item<long>();
        if (lowest < 0 || highest >= classes)
        {
            throw new ArgumentException($"Labels must lie in 0..{classes - 1}, but range over {lowest}..{highest}.", nameof(labels));
        }
    }

    private static void RequireTargets(Tensor labels, long n)
    {
        if (labels.dim() < 1 || labels.shape[0] != n || labels.dtype is not (ScalarType.Float32 or ScalarType.Int64))
        {
            throw new ArgumentException(
                $"Labels must be float32 or int64 of shape [{n}, …], one row per input, but are {labels.dtype} of shape "
                + $"[{string.Join(", ", labels.shape)}].", nameof(labels));
        }
        using IDisposable scope = NewDisposeScope();
        if (labels.is_floating_point() && !labels.isfinite().all().item<bool>())
        {
            throw new ArgumentException("Labels must be finite numbers, but some are not.", nameof(labels));
        }
    }
}
