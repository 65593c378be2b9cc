using System.Globalization;
using RhoLoss.Data;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>The file of a table of irreducible losses: safetensors with a checksum, its data's fingerprint and its facts.</summary>
internal static class IrreducibleLossStorage
{
    private const string Format = "rholoss-irreducible-losses/1";

    /// <summary>
    /// Losses (float32, shape [N], in ascending id order), their data and facts. The caller's dispose scope owns the tensor.
    /// </summary>
    /// <exception cref="InvalidInputException">It is another kind of file, or damaged.</exception>
    public static (Tensor Values, DatasetFingerprint Fingerprint, IrreducibleLossFacts Facts) Read(string path)
    {
        (Dictionary<string, Tensor> tensors, Dictionary<string, string> metadata) = SafetensorsFile.Read(path);
        RequireFormat(path, metadata);
        if (!metadata.ContainsKey(SafetensorsFile.ChecksumKey))
        {
            throw new InvalidInputException($"{path} is damaged: its checksum is missing.");
        }
        try
        {
            long n = tensors["irreducible_loss"].numel();
            Tensor Column(string name, ScalarType type) =>
                tensors[name] is { } column && column.dtype == type && column.dim() == 1 && column.shape[0] == n
                    ? column
                    : throw new InvalidInputException(
                        $"{path} is not a complete irreducible-loss file: column '{name}' must be {type} of shape [{n}].");
            long[] Long(string name) => Column(name, ScalarType.Int64).data<long>().ToArray();
            var fingerprint = DatasetFingerprint.Restore(Long("id"), Long("label"), Long("input_hash"),
                int.Parse(metadata["classes"], CultureInfo.InvariantCulture), metadata["preprocessing"]);
            if (fingerprint.Value != metadata["fingerprint"])
            {
                throw new InvalidInputException(
                    $"{path} contradicts itself: its ids, labels and input hashes do not have the fingerprint it states.");
            }
            return (Column("irreducible_loss", ScalarType.Float32), fingerprint, IrreducibleLossFacts.Parse(metadata));
        }
        catch (Exception e) when (e is KeyNotFoundException or FormatException or OverflowException or ArgumentException)
        {
            throw Incomplete(path, e);
        }
    }

    /// <summary>The facts from the header alone.</summary>
    /// <exception cref="InvalidInputException">There is no such file, or it is another kind of file.</exception>
    public static IrreducibleLossFacts ReadFacts(string path)
    {
        IReadOnlyDictionary<string, string> metadata = SafetensorsFile.ReadMetadata(path);
        RequireFormat(path, metadata);
        try
        {
            return IrreducibleLossFacts.Parse(metadata);
        }
        catch (Exception e) when (e is KeyNotFoundException or FormatException or OverflowException)
        {
            throw Incomplete(path, e);
        }
    }

    /// <summary>Writes the file atomically.</summary>
    public static void Write(string path, Tensor values, DatasetFingerprint fingerprint, IrreducibleLossFacts facts)
    {
        using IDisposable scope = NewDisposeScope();
        Dictionary<string, string> metadata = facts.ToMetadata();
        metadata["format"] = Format;
        metadata["fingerprint"] = fingerprint.Value;
        metadata["classes"] = fingerprint.Classes.ToString(CultureInfo.InvariantCulture);
        metadata["preprocessing"] = fingerprint.Preprocessing;
        SafetensorsFile.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["irreducible_loss"] = values,
            ["id"] = tensor(fingerprint.Ids),
            ["label"] = tensor(fingerprint.Labels),
            ["input_hash"] = tensor(fingerprint.InputHashes),
        }, metadata);
    }

    private static void RequireFormat(string path, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.GetValueOrDefault("format") != Format)
        {
            throw new InvalidInputException(
                $"{path} is not an irreducible-loss file: its format is "
                + $"'{metadata.GetValueOrDefault("format")}', but '{Format}' is needed.");
        }
    }

    private static InvalidInputException Incomplete(string path, Exception cause) =>
        new($"{path} is not a complete irreducible-loss file: {cause.Message}", cause);
}
