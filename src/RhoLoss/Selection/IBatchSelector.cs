using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>
/// Chooses b_t from the ids of B_t: by scores (<see cref="BatchSelector"/>) or by a plan made beforehand (<see cref="PlannedSelector"/>).
/// </summary>
public interface IBatchSelector : IDisposable
{
    /// <summary>n_B of the next step: how many ids to offer. May change from step to step.</summary>
    int LargeBatchSize { get; }

    /// <summary>Chooses from these candidates and gathers what was chosen. The caller's dispose scope owns the result.</summary>
    SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null);

    /// <summary>Told of every training step, after the update.</summary>
    void Observe(TrainedBatch trained);

    /// <summary>
    /// Adds to <paramref name="state"/> what a later run needs to continue bit for bit. May refer to
    /// live tensors: write them before the next step.
    /// </summary>
    void Capture(IDictionary<string, Tensor> state);

    /// <summary>Continues from a captured state; <paramref name="state"/> finds a tensor by name or fails.</summary>
    void Restore(Func<string, Tensor> state);
}
