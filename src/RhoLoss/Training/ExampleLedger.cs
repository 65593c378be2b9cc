using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// What a run found of each example: how often it was selected, and the last loss that the model had on it, with the reference's
/// where there is one. 12 bytes an example beside the data.
/// </summary>
/// <example>
/// <code>
/// using var ledger = new ExampleLedger(data);
/// trainer.OnStep = ledger.Observe;
/// trainer.Step();
/// long never = ledger.TimesSelected.eq(0).sum().item&lt;long>();
/// </code>
/// </example>
public sealed class ExampleLedger : IDisposable
{
    private const string Selected = "ledger.times-selected", Last = "ledger.last-loss", Ahead = "ledger.reference-loss";
    private readonly LabeledDataset _data;
    private readonly Tensor _timesSelected, _lastLoss, _referenceLoss;

    /// <summary>A ledger in which nothing has happened.</summary>
    /// <param name="data">D. Not owned.</param>
    public ExampleLedger(LabeledDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        _data = data;
        using IDisposable scope = NewDisposeScope();
        _timesSelected = zeros(data.Count, dtype: int32, device: data.Ids.device).DetachFromDisposeScope();
        _lastLoss = full(data.Count, Scalars.Of(float.NaN), dtype: float32, device: data.Ids.device).DetachFromDisposeScope();
        _referenceLoss = _lastLoss.clone().DetachFromDisposeScope();
    }

    /// <summary>How often each example was trained on, int32, shape [N], in the order of the data. Owned by the ledger.</summary>
    public Tensor TimesSelected => _timesSelected;

    /// <summary>
    /// Loss of each example when the model last measured it, as a candidate or in training, float32, shape [N]; not a number where it never
    /// did. Owned by the ledger.
    /// </summary>
    public Tensor LastLoss => _lastLoss;

    /// <summary>The reference's loss of each example, as <see cref="LastLoss"/>; of candidates, where the method asks for it.</summary>
    public Tensor ReferenceLoss => _referenceLoss;

    /// <summary>Takes in a step.</summary>
    public void Observe(TrainingStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        ScoredCandidates candidates = step.Selected.Candidates;
        if (candidates.SpeaksForTarget) { Note(_lastLoss, candidates.Indices, candidates.Loss); }
        Note(_referenceLoss, candidates.Indices, candidates.IrreducibleLoss);
        Tensor rows = _data.RowsOf(step.Selected.Indices);
        _lastLoss.index_copy_(0, rows, step.Trained.Losses.to(float32));
        _timesSelected.index_add_(0, rows, ones_like(rows, dtype: int32), Scalars.One);
    }

    /// <summary>Adds its columns to a checkpoint. They are the live ones: write it before the next step.</summary>
    public void Capture(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        foreach ((string name, Tensor column) in Columns) { checkpoint.Tensors[name] = column; }
    }

    /// <summary>Continues from the columns of a checkpoint.</summary>
    /// <exception cref="InvalidInputException">It lacks one, or has one of another type or shape; the ledger is as before.</exception>
    public void Restore(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var own = new Checkpoint();
        Capture(own);
        checkpoint.RequireLike(own);
        foreach ((string name, Tensor column) in Columns) { column.copy_(checkpoint.Tensor(name)); }
    }

    /// <summary>
    /// Writes a safetensors file of four columns: <c>id</c>, <c>times-selected</c>, <c>last-loss</c>, <c>reference-loss</c>.
    /// </summary>
    /// <exception cref="InvalidInputException">The file cannot be written there.</exception>
    /// <exception cref="IOException">The machine fails, a full disk for example.</exception>
    public void Save(string path) => Serialization.SafetensorsFile.Write(
        path,
        Columns.ToDictionary(column => column.Name["ledger.".Length..], column => column.Values, StringComparer.Ordinal)
            .Append(new("id", _data.Ids)).ToDictionary(StringComparer.Ordinal),
        new Dictionary<string, string> { ["format"] = "rholoss-examples/1", ["data"] = _data.Fingerprint.Value });

    /// <summary>Frees the columns.</summary>
    public void Dispose()
    {
        foreach ((_, Tensor column) in Columns) { column.Dispose(); }
    }

    private IEnumerable<(string Name, Tensor Values)> Columns =>
        [(Selected, _timesSelected), (Last, _lastLoss), (Ahead, _referenceLoss)];

    private void Note(Tensor column, Tensor ids, Tensor? values)
    {
        if (values is null) { return; }
        using IDisposable scope = NewDisposeScope();
        column.index_copy_(0, _data.RowsOf(ids), values.to(float32));
    }
}
