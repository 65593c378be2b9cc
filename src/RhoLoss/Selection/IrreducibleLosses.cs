using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using RhoLoss.Data;
using RhoLoss.Serialization;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Irreducible losses L[y|x; D_ho] by stable example id, with the fingerprint of the data they were computed for and facts of the
/// model that computed them. One table serves any number of target runs, architectures and sweeps on the same data.
/// </summary>
public sealed class IrreducibleLosses : Reference
{
    private const string Format = "rholoss-irreducible-losses/1";
    private readonly Tensor _values;          // float32 [N], in ascending id order
    private readonly ExampleIndex _index;

    private IrreducibleLosses(Tensor values, DatasetFingerprint fingerprint, IrreducibleLossFacts facts)
    {
        using IDisposable scope = NewDisposeScope();
        RequireFinite(values, fingerprint);
        _index = new ExampleIndex(tensor(fingerprint.Ids).to(values.device));
        _values = values.DetachFromDisposeScope();
        Fingerprint = fingerprint;
        Facts = facts;
    }

    /// <summary>The data these losses belong to.</summary>
    public DatasetFingerprint Fingerprint { get; }

    /// <summary>Where they come from.</summary>
    public IrreducibleLossFacts Facts { get; }

    /// <summary>Number of examples.</summary>
    public int Count => (int)_values.shape[0];

    /// <summary>Makes a table from losses in the row order of <paramref name="data"/> (float32, shape [N], nats).</summary>
    public static IrreducibleLosses From(Tensor losses, LabeledDataset data, IrreducibleLossFacts facts)
    {
        ArgumentNullException.ThrowIfNull(losses);
        ArgumentNullException.ThrowIfNull(data);
        if (losses.dim() != 1 || losses.shape[0] != data.Count)
        {
            throw new ArgumentException(
                $"There must be one loss per example, shape [{data.Count}], but the shape is [{string.Join(", ", losses.shape)}].",
                nameof(losses));
        }
        using IDisposable scope = NewDisposeScope();
        Tensor order = argsort(data.Ids);
        return new IrreducibleLosses(losses.detach().to(float32).index_select(0, order), data.Fingerprint, facts);
    }

    /// <summary>Reads a file that <see cref="Save"/> wrote and makes sure that it belongs to <paramref name="data"/>.</summary>
    /// <exception cref="InvalidInputException">
    /// No such file, a damaged one, or one computed for other data: the message says what differs.
    /// </exception>
    public static IrreducibleLosses Load(string path, LabeledDataset data)
    {
        IrreducibleLosses losses = Load(path);
        try
        {
            losses.RequireSameData(data, path);
            return losses;
        }
        catch
        {
            losses.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that <see cref="Save"/> wrote, without data to check it against.</summary>
    public static IrreducibleLosses Load(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(
                $"There is no irreducible-loss file {path}. Compute the losses with HoldoutTraining or CrossFit and write them "
                + "with Save.");
        }
        using IDisposable scope = NewDisposeScope();
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
            long[] Long(string name) => [.. Column(name, ScalarType.Int64).data<long>()];
            var fingerprint = DatasetFingerprint.Restore(Long("id"), Long("label"), Long("input_hash"),
                int.Parse(metadata["classes"], CultureInfo.InvariantCulture), metadata["preprocessing"]);
            if (fingerprint.Value != metadata["fingerprint"])
            {
                throw new InvalidInputException(
                    $"{path} contradicts itself: its ids, labels and input hashes do not have the fingerprint it states.");
            }
            return new IrreducibleLosses(Column("irreducible_loss", ScalarType.Float32), fingerprint, IrreducibleLossFacts.Parse(metadata));
        }
        catch (Exception e) when (e is KeyNotFoundException or FormatException or OverflowException or ArgumentException)
        {
            throw new InvalidInputException($"{path} is not a complete irreducible-loss file: {e.Message}", e);
        }
    }

    /// <summary>
    /// The facts of a file that <see cref="Save"/> wrote, from its header alone: neither the losses nor the checksum are read.
    /// </summary>
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
            throw new InvalidInputException($"{path} is not a complete irreducible-loss file: {e.Message}", e);
        }
    }

    /// <summary>Writes the table atomically as a safetensors file.</summary>
    public void Save(string path)
    {
        using IDisposable scope = NewDisposeScope();
        Dictionary<string, string> metadata = Facts.ToMetadata();
        metadata["format"] = Format;
        metadata["fingerprint"] = Fingerprint.Value;
        metadata["classes"] = Fingerprint.Classes.ToString(CultureInfo.InvariantCulture);
        metadata["preprocessing"] = Fingerprint.Preprocessing;
        SafetensorsFile.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["irreducible_loss"] = _values,
            ["id"] = tensor(Fingerprint.Ids),
            ["label"] = tensor(Fingerprint.Labels),
            ["input_hash"] = tensor(Fingerprint.InputHashes),
        }, metadata);
    }

    /// <summary>Irreducible losses of these ids (int64, shape [n]): float32, shape [n], on the device of the ids.</summary>
    /// <exception cref="InvalidInputException">An id is not in the table; the message names it.</exception>
    public Tensor Of(Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        using DisposeScope scope = NewDisposeScope();
        return scope.MoveToOuter(_values.index_select(0, _index.RowsOf(ids, "The irreducible-loss table")).to(ids.device));
    }

    /// <inheritdoc/>
    public override Tensor Loss(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        return Of(candidates.Indices);
    }

    /// <summary>Refuses data that differ from those the losses were computed for, in ids, inputs, labels or preprocessing.</summary>
    public override void RequireSameData(LabeledDataset data) => RequireSameData(data, "The irreducible-loss table");

    /// <summary>The same, with the table as the message names it.</summary>
    public void RequireSameData(LabeledDataset data, string name)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (Fingerprint.DifferenceFrom(data.Fingerprint) is { } difference)
        {
            throw new InvalidInputException(
                $"{name} was computed for other data: {difference}. Compute it again for this data, or restore the data.");
        }
    }

    /// <summary>
    /// Refuses a holdout that differs from the one whose model the losses are of, in ids, inputs, labels or preprocessing.
    /// </summary>
    /// <param name="holdout">D_ho as it is now.</param>
    /// <param name="name">The table as the message names it.</param>
    /// <exception cref="InvalidInputException">It differs, or the table does not say which it was.</exception>
    public void RequireSameHoldout(LabeledDataset holdout, string name = "The irreducible-loss table")
    {
        ArgumentNullException.ThrowIfNull(holdout);
        if (Facts.Holdout is not { } before)
        {
            throw new InvalidInputException(
                $"{name} does not say which holdout its losses are of ({Facts.Source}), so a change of the holdout could not be noticed. "
                + "Compute it again with this holdout.");
        }
        if (before != holdout.Fingerprint.Value)
        {
            throw new InvalidInputException(
                $"{name} was computed with another holdout (fingerprint {before[..Math.Min(8, before.Length)]}, "
                + $"now {holdout.Fingerprint.Value[..8]}): inputs, labels, ids or preprocessing of the holdout have changed since. "
                + "Compute it again with this holdout, or restore the holdout.");
        }
    }

    /// <summary>
    /// SHA-256, in hexadecimal, over the losses in the order of ids, the fingerprint of their data and the one of their holdout:
    /// equal for equal tables alone.
    /// </summary>
    public string ContentHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{Fingerprint.Value}|{Facts.Holdout}|"));
        using Tensor onHost = _values.cpu();
        hash.AppendData(MemoryMarshal.AsBytes<float>([.. onHost.data<float>()]));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
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

    /// <summary>Refuses a temperature that no loss can be taken at.</summary>
    internal static void RequireTemperature(double temperature)
    {
        if (!(temperature > 0 && double.IsFinite(temperature)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(temperature), temperature, "The temperature of irreducible losses must be a number above 0.");
        }
    }

    private static void RequireFinite(Tensor values, DatasetFingerprint fingerprint)
    {
        Tensor bad = values.isfinite().logical_not();
        if (!bad.any().item<bool>()) { return; }
        long[] rows = [.. bad.nonzero().flatten().cpu().data<long>()];
        string which = Counted.Word(rows.Length, "that of", "those of");
        string ids = string.Join(", ", rows.Take(10).Select(r => fingerprint.Ids[r]));
        throw new InvalidInputException(
            $"Irreducible losses must be finite numbers, but {which} {Counted.Of(rows.Length, "example is", "examples are")} "
            + $"not (id {ids}). "
            + "Train the IL model again with a lower learning rate.");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _values.Dispose();
            _index.Dispose();
        }
        base.Dispose(disposing);
    }
}
