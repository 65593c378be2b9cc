using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// What a data set contains, independent of row order: per example, in ascending id order, its id, its label and the first
/// eight bytes of the SHA-256 of its stored input; and one hash over all of it. Two sets that differ can say where.
/// </summary>
public sealed class DatasetFingerprint
{
    private DatasetFingerprint(long[] ids, long[] labels, long[] inputHashes, int classes, string preprocessing)
    {
        Ids = ids;
        Labels = labels;
        InputHashes = inputHashes;
        Classes = classes;
        Preprocessing = preprocessing;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{classes}|{preprocessing}|"));
        hash.AppendData(MemoryMarshal.AsBytes<long>(ids));
        hash.AppendData(MemoryMarshal.AsBytes<long>(labels));
        hash.AppendData(MemoryMarshal.AsBytes<long>(inputHashes));
        Value = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>SHA-256 over everything below, in hexadecimal.</summary>
    public string Value { get; }

    /// <summary>Example ids, ascending.</summary>
    internal long[] Ids { get; }

    /// <summary>Label of each id.</summary>
    internal long[] Labels { get; }

    /// <summary>Hash of each stored input.</summary>
    internal long[] InputHashes { get; }

    internal int Classes { get; }

    /// <summary>Input shape, type and normalisation, as text.</summary>
    internal string Preprocessing { get; }

    internal static DatasetFingerprint Of(LabeledDataset data)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor ids, Tensor order) = sort(data.Ids);
        Tensor labels = data.Labels.index_select(0, order);
        long[] rows = [.. order.cpu().data<long>()];
        Tensor inputs = data.StoredInputs.cpu().contiguous();
        ReadOnlySpan<byte> bytes = inputs.bytes;
        int size = bytes.Length / data.Count;
        var hashes = new long[data.Count];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        for (int i = 0; i < rows.Length; i++)
        {
            SHA256.HashData(bytes.Slice(checked((int)(rows[i] * size)), size), digest);
            hashes[i] = BitConverter.ToInt64(digest);
        }
        string normalization = data.Normalization is null ? "none"
            : string.Create(CultureInfo.InvariantCulture, $"mean {string.Join(' ', data.Normalization.Mean)} std {string.Join(' ', data.Normalization.Std)}");
        string preprocessing = $"{data.StoredInputs.dtype} [{string.Join(", ", data.InputShape)}] {normalization}";
        return new DatasetFingerprint([.. ids.cpu().data<long>()], [.. labels.cpu().data<long>()], hashes, data.Classes, preprocessing);
    }

    internal static DatasetFingerprint Restore(long[] ids, long[] labels, long[] inputHashes, int classes, string preprocessing) =>
        new(ids, labels, inputHashes, classes, preprocessing);

    /// <summary>What differs between this (what was expected) and <paramref name="other"/> (what is there), in words, or null when they are equal.</summary>
    public string? DifferenceFrom(DatasetFingerprint other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Value == other.Value) { return null; }
        if (Classes != other.Classes) { return $"{Classes} classes against {other.Classes}"; }
        if (Preprocessing != other.Preprocessing) { return $"inputs stored as {Preprocessing} against {other.Preprocessing}"; }
        if (!Ids.AsSpan().SequenceEqual(other.Ids))
        {
            long[] gone = [.. Ids.Except(other.Ids)], added = [.. other.Ids.Except(Ids)];
            return $"{gone.Length} example ids are missing{Name(gone)} and {added.Length} are new{Name(added)} ({Ids.Length} examples against {other.Ids.Length})";
        }
        long[] labels = [.. Ids.Where((_, i) => Labels[i] != other.Labels[i])];
        long[] inputs = [.. Ids.Where((_, i) => InputHashes[i] != other.InputHashes[i])];
        var parts = new List<string>();
        if (labels.Length > 0) { parts.Add($"the labels of {labels.Length} examples{Name(labels)}"); }
        if (inputs.Length > 0) { parts.Add($"the inputs of {inputs.Length} examples{Name(inputs)}"); }
        return string.Join(" and ", parts);
    }

    private static string Name(long[] ids) =>
        ids.Length == 0 ? "" : $" (id {string.Join(", ", ids.Take(5))}{(ids.Length > 5 ? ", …" : "")})";
}
