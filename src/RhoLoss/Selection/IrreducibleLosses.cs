using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using RhoLoss.Accelerators;
using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Irreducible losses L[y|x; D_ho] by stable example id, with the fingerprint of the data they were computed for and facts of the
/// model that computed them. One table serves any number of target runs, architectures and sweeps on the same data, or on a part of them.
/// </summary>
/// <example>
/// <code>
/// using IrreducibleLosses losses = IrreducibleLosses.Load("irreducible-losses.safetensors", data);   // refused if they are of other data
/// Tensor ofThese = losses.Of(tensor([3L, 7L]));
/// </code>
/// </example>
public sealed class IrreducibleLosses : Reference
{
    private LossColumn _column;

    private IrreducibleLosses(
        Tensor values, long[] ids, DatasetFingerprint? fingerprint, IrreducibleLossFacts facts, ExampleIndex? index = null)
    {
        using IDisposable scope = NewDisposeScope();
        LossColumn.RequireFinite(values, ids);
        _column = new LossColumn(values, index?.Share() ?? new ExampleIndex(tensor(ids).to(values.device)));
        Ids = ids;
        Fingerprint = fingerprint;
        Facts = facts;
    }

    /// <summary>The data these losses belong to; null where only their ids are known.</summary>
    public DatasetFingerprint? Fingerprint { get; private set; }

    /// <summary>Ids that there are losses of, ascending.</summary>
    internal long[] Ids { get; private set; }

    /// <summary>Where they come from.</summary>
    public IrreducibleLossFacts Facts { get; }

    /// <summary>Number of examples.</summary>
    public int Count => (int)_column.Values.shape[0];

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
        Tensor values = losses.detach().to(float32).index_select(0, order);
        // Where ids ascend, the index of the data is that of the table.
        ExampleIndex? index = data.Index.Ascends && Transfer.IsOn(losses, data.Ids.device) ? data.Index : null;
        return new IrreducibleLosses(values, data.Fingerprint.Ids, data.Fingerprint, facts, index);
    }

    /// <summary>
    /// Makes a table from ids and losses that somebody else computed, last month's model for example. That they are of these examples is
    /// taken on trust: only the ids are compared with the data.
    /// </summary>
    /// <param name="ids">Stable example ids, int64, shape [N], each once.</param>
    /// <param name="losses">float32, shape [N], in the unit of the objective (nats for a cross-entropy).</param>
    /// <param name="facts">Where they come from; null where that is not known.</param>
    /// <exception cref="ArgumentException">The shapes or types differ from these, or an id occurs twice.</exception>
    public static IrreducibleLosses FromIds(Tensor ids, Tensor losses, IrreducibleLossFacts? facts = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(losses);
        if (ids.dtype != ScalarType.Int64 || ids.dim() != 1 || losses.dim() != 1 || losses.shape[0] != ids.shape[0])
        {
            throw new ArgumentException(
                $"There must be one loss for each id, int64 and float32 of one shape [N], but the ids are {ids.dtype} of shape "
                + $"[{string.Join(", ", ids.shape)}] and the losses have shape [{string.Join(", ", losses.shape)}].", nameof(losses));
        }
        using IDisposable scope = NewDisposeScope();
        (Tensor sorted, Tensor order) = sort(ids);
        Tensor values = losses.detach().to(float32).index_select(0, order);
        return new IrreducibleLosses(
            values, sorted.cpu().data<long>().ToArray(), fingerprint: null,
            facts ?? IrreducibleLossFacts.Unknown(Scalars.ToDouble(values.to(float64).mean())));
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
            losses._column = losses._column.FoundBy(data);   // nobody else has the table yet
            return losses;
        }
        catch
        {
            losses.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads a file that <see cref="Save"/> wrote, or a text of ids and losses (<c>id,loss</c> and a line for each example), without data
    /// to check it against.
    /// </summary>
    public static IrreducibleLosses Load(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException(
                $"There is no irreducible-loss file {path}. Compute the losses with HoldoutTraining or CrossFit and write them "
                + "with Save.");
        }
        using IDisposable scope = NewDisposeScope();
        IrreducibleLossText.RequireHeaderOf(path);
        if (IrreducibleLossText.IsOne(path))
        {
            (Tensor ids, Tensor losses) = IrreducibleLossText.Read(path);
            return FromIds(ids, losses);
        }
        (Tensor values, DatasetFingerprint fingerprint, IrreducibleLossFacts facts) = IrreducibleLossStorage.Read(path);
        return new IrreducibleLosses(values, fingerprint.Ids, fingerprint, facts);
    }

    /// <summary>Whether a file is a text of ids and losses, its first line <c>id,loss</c>.</summary>
    public static bool IsText(string path) => IrreducibleLossText.IsOne(path);

    /// <summary>
    /// The facts of a file that <see cref="Save"/> wrote, from its header alone: neither the losses nor the checksum are read. Of a text
    /// nothing is known.
    /// </summary>
    /// <exception cref="InvalidInputException">There is no such file, or it is another kind of file.</exception>
    public static IrreducibleLossFacts ReadFacts(string path)
    {
        IrreducibleLossText.RequireHeaderOf(path);
        return IrreducibleLossText.IsOne(path) ? IrreducibleLossFacts.Unknown(double.NaN) : IrreducibleLossStorage.ReadFacts(path);
    }

    /// <summary>Writes the table atomically as a safetensors file.</summary>
    /// <exception cref="InvalidOperationException">The data are not known that the losses belong to.</exception>
    public void Save(string path)
    {
        if (Fingerprint is null)
        {
            throw new InvalidOperationException(
                "Losses of which only the ids are known cannot be written: the file says which data they belong to. "
                + "Make them with IrreducibleLosses.From and the data.");
        }
        IrreducibleLossStorage.Write(path, _column.Values, Fingerprint, Facts);
    }

    /// <summary>Irreducible losses of these ids (int64, shape [n]): float32, shape [n], on the device of the ids.</summary>
    /// <exception cref="InvalidInputException">An id is not in the table; the message names it.</exception>
    public Tensor Of(Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return _column.Of(ids, found: null, Ids);
    }

    /// <inheritdoc/>
    public override Tensor Loss(Candidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        return _column.Of(candidates.Indices, candidates.Rows, Ids);
    }

    /// <summary>
    /// Refuses data that are neither those the losses were computed for nor a part of them: each example must be there with the same input,
    /// label and preprocessing. Where only ids are known, each id must be there.
    /// </summary>
    public override void RequireSameData(LabeledDataset data) => RequireSameData(data, LossColumn.Owner);

    /// <summary>The same, with the table as the message names it.</summary>
    public void RequireSameData(LabeledDataset data, string name)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (Fingerprint is null)
        {
            using IDisposable scope = NewDisposeScope();
            _column.Index.RowsOf(data.Ids, name);   // says which ids are missing
            return;
        }
        if (Fingerprint.DifferenceFromPart(data.Fingerprint) is { } difference)
        {
            throw new InvalidInputException(
                $"{name} was computed for other data: {difference}. Compute it again for this data, or restore the data.");
        }
        if (Fingerprint.Value != data.Fingerprint.Value) { return; }   // the data are a part
        (Fingerprint, Ids) = (data.Fingerprint, data.Fingerprint.Ids);   // equal, and held once: 24 bytes an example
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
    /// SHA-256, in hexadecimal, over the losses in the order of ids, the fingerprint of their data (their ids, where nothing else is known)
    /// and the one of their holdout: equal for equal tables alone.
    /// </summary>
    public string ContentHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{Fingerprint?.Value}|{Facts.Holdout}|"));
        if (Fingerprint is null) { hash.AppendData(MemoryMarshal.AsBytes<long>(Ids)); }   // otherwise they are in it
        using Tensor onHost = _column.Values.cpu();
        hash.AppendData(MemoryMarshal.AsBytes<float>(onHost.data<float>().ToArray()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) { _column.Dispose(); }
        base.Dispose(disposing);
    }
}
