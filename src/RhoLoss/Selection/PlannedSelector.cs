using RhoLoss.Accelerators;
using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>Replays a <see cref="SelectionPlan"/>: gathers the planned part of every large batch and nothing else. Runs no model.</summary>
public sealed class PlannedSelector : IBatchSelector
{
    private readonly SelectionPlan _plan;

    /// <summary>Replays the plan, which is owned from now on.</summary>
    public PlannedSelector(SelectionPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
    }

    /// <inheritdoc/>
    public int LargeBatchSize => _plan.Key.LargeBatchSize;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">
    /// The plan is used up, or chose examples that are not in this large batch: it is for another order.
    /// </exception>
    public SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(largeBatch);
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = largeBatch.Ids;
        Tensor chosen = Transfer.To(_plan.IdsOf(checked((int)largeBatch.Step) - 1), ids.device);
        (Tensor sorted, Tensor order) = sort(ids);
        Tensor place = searchsorted(sorted, chosen).clamp_(max: Scalars.Of(ids.shape[0] - 1));
        StepChecks.Refuse(sorted.index_select(0, place).ne(chosen), chosen, _ => new InvalidInputException(
            $"Step {largeBatch.Step} of the selection plan chose examples that are not in this large batch: "
            + "the plan was made for another order of examples. Plan again for this order."));
        Tensor positions = order.index_select(0, place);
        Batch batch = data.Gather(largeBatch.At(positions), augmentation);
        scope.MoveToOuter(batch.Indices, batch.Inputs, batch.Labels);
        scope.MoveToOuter(positions);
        if (batch.Weights is { } weights) { scope.MoveToOuter(weights); }
        return new SelectedBatch(batch, positions, batch.Weights, new ScoredCandidates(ids, null, null, null, null, null));
    }

    /// <inheritdoc/>
    public void Observe(TrainedBatch trained) { }

    /// <inheritdoc/>
    public void Capture(IDictionary<string, Tensor> state) { }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor> state) { }

    /// <summary>Frees the plan.</summary>
    public void Dispose() => _plan.Dispose();
}
