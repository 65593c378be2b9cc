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

    /// <summary>Label of each id, or the hash of it where labels are no classes.</summary>
    internal long[] Labels { get; }

    /// <summary>Hash of each stored input.</summary>
    internal long[] InputHashes { get; }

    /// <summary>
    /// For each id, ascending, the first eight bytes of the SHA-256 of its stored input: equal where inputs are, of this set and of others
    /// that store theirs alike.
    /// </summary>
    public IEnumerable<(long Id, long InputHash)> Inputs => Ids.Zip(InputHashes);

    internal int Classes { get; }

    /// <summary>Input shape, type and normalisation or vocabulary, as text.</summary>
    internal string Preprocessing { get; }

    internal static DatasetFingerprint Of(LabeledDataset data)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor ids, Tensor order) = sort(data.Ids);
        long[] labels = data.Classes > 0
            ? data.Labels.index_select(0, order).cpu().data<long>().ToArray()
            : new TensorInputs(data.Labels).Hash(order);
        long[] hashes = data.Source.Hash(order);
        string normalization = data.Tokens is { } tokens
            ? string.Create(CultureInfo.InvariantCulture,
                $"tokens {tokens.Size} padding {tokens.PaddingId}{(tokens.Sha256 is { } hash ? $" vocabulary {hash}" : "")}")
            : data.Normalization is null ? "none"
            : $"mean {Text(data.Normalization.Mean)} std {Text(data.Normalization.Std)}";
        string preprocessing = $"{data.Source.Storage} [{string.Join(", ", data.InputShape)}] {normalization}";
        return new DatasetFingerprint(ids.cpu().data<long>().ToArray(), labels, hashes, data.Classes, preprocessing);
    }

    internal static DatasetFingerprint Restore(long[] ids, long[] labels, long[] inputHashes, int classes, string preprocessing) =>
        new(ids, labels, inputHashes, classes, preprocessing);

    /// <summary>
    /// What differs between this (what was expected) and <paramref name="other"/> (what is there), in words, or null when they are equal.
    /// </summary>
    public string? DifferenceFrom(DatasetFingerprint other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Value == other.Value) { return null; }
        if (Classes != other.Classes) { return $"there were {Classes} classes, now there are {other.Classes}"; }
        if (!Ids.AsSpan().SequenceEqual(other.Ids))
        {
            long[] gone = [.. Ids.Except(other.Ids)], added = [.. other.Ids.Except(Ids)];
            return $"example ids differ: {gone.Length} of {Ids.Length} are gone{Name(gone)}, "
                + $"{added.Length} of {other.Ids.Length} are new{Name(added)}";
        }
        long[] labels = [.. Ids.Where((_, i) => Labels[i] != other.Labels[i])];
        long[] inputs = [.. Ids.Where((_, i) => InputHashes[i] != other.InputHashes[i])];
        var parts = new List<string>();
        if (labels.Length > 0) { parts.Add($"labels differ for {labels.Length} of {Ids.Length} examples{Name(labels)}"); }
        if (inputs.Length > 0) { parts.Add($"inputs differ for {inputs.Length} of {Ids.Length} examples{Name(inputs)}"); }
        // Last: where a set is normalised by its own mean, one changed pixel changes the normalisation too, and the pixel is the cause.
        if (Preprocessing != other.Preprocessing) { parts.Add($"inputs were stored as {Preprocessing}, now as {other.Preprocessing}"); }
        return string.Join("; ", parts);
    }

    /// <summary>
    /// As <see cref="DifferenceFrom"/>, but of the examples alone that <paramref name="part"/> has: null where each of them is here, with
    /// the same label and input.
    /// </summary>
    public string? DifferenceFromPart(DatasetFingerprint part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (Value == part.Value) { return null; }
        var rows = new List<int>(part.Ids.Length);
        foreach (long id in part.Ids)
        {
            int row = Array.BinarySearch(Ids, id);
            if (row < 0) { return DifferenceFrom(part); }
            rows.Add(row);
        }
        return Restore(
            part.Ids, [.. rows.Select(r => Labels[r])], [.. rows.Select(r => InputHashes[r])], Classes, Preprocessing).DifferenceFrom(part);
    }

    /// <summary>Alike in every culture, which <see cref="string.Join(char, object[])"/> is not.</summary>
    private static string Text(IEnumerable<float> values) =>
        string.Join(' ', values.Select(value => value.ToString(CultureInfo.InvariantCulture)));

    private static string Name(long[] ids) =>
        ids.Length == 0 ? "" : $" (id {string.Join(", ", ids.Take(5))}{(ids.Length > 5 ? ", …" : "")})";
}
