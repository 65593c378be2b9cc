using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>Replays a <see cref="SelectionPlan"/>: gathers the planned part of every large batch and nothing else. Runs no model.</summary>
public sealed class PlannedSelector : IBatchSelector
{
    private readonly SelectionPlan _plan;
    private int _step;

    /// <summary>Starts at the plan's first step. The plan is owned from now on.</summary>
    public PlannedSelector(SelectionPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
    }

    /// <inheritdoc/>
    public int LargeBatchSize => _plan.Key.LargeBatchSize;

    /// <inheritdoc/>
    /// <exception cref="InvalidInputException">The plan is used up, or chose examples that are not in this large batch: it is for another order.</exception>
    public SelectedBatch Select(LabeledDataset data, Tensor ids, Augmentation? augmentation = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(ids);
        using DisposeScope scope = NewDisposeScope();
        Tensor chosen = _plan.IdsOf(_step).to(ids.device);
        (Tensor sorted, Tensor order) = sort(ids);
        Tensor place = searchsorted(sorted, chosen).clamp_(max: Scalars.Of(ids.shape[0] - 1));
        if (sorted.index_select(0, place).ne(chosen).any().item<bool>())
        {
            throw new InvalidInputException(
                $"Step {_step + 1} of the selection plan chose examples that are not in this large batch: "
                + "the plan was made for another order of examples. Plan again for this order.");
        }
        _step++;
        Batch batch = data.Gather(chosen.clone(), augmentation);
        Tensor positions = order.index_select(0, place);
        scope.MoveToOuter(batch.Indices, batch.Inputs, batch.Labels);
        scope.MoveToOuter(positions);
        return new SelectedBatch(batch, positions, null, new ScoredCandidates(ids, null, null, null, null, null));
    }

    /// <inheritdoc/>
    public void Observe(Batch batch, Tensor logits) { }

    /// <inheritdoc/>
    public void Capture(IDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["plan.step"] = tensor((long)_step);
    }

    /// <inheritdoc/>
    public void Restore(Func<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _step = (int)state("plan.step").item<long>();
    }

    /// <summary>Frees the plan.</summary>
    public void Dispose() => _plan.Dispose();
}
