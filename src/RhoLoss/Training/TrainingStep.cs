using RhoLoss.Data;
using RhoLoss.Selection;

namespace RhoLoss.Training;

/// <summary>A step as <see cref="Trainer.OnStep"/> sees it. Its tensors live until the callback returns.</summary>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="Selected">b_t and what was computed to choose it.</param>
/// <param name="Trained">Outputs and losses of the training pass on b_t, from before the update.</param>
/// <param name="Loss">(Weighted) mean loss of b_t in nats, before the update.</param>
public sealed record TrainingStep(long Step, SelectedBatch Selected, TrainedBatch Trained, double Loss);

/// <summary>What a step did, in numbers.</summary>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="Loss">(Weighted) mean loss of b_t in nats, before the update.</param>
/// <param name="Candidates">|B_t|.</param>
/// <param name="Scored">
/// Examples that went through a model to be scored, one counted as often as it did: |B_t| for one model that looks at all candidates,
/// fewer where a memory or a shortlist spares some, a multiple of |B_t| where several models or dropout passes do;
/// 0 when the selection function needs no forward pass.
/// </param>
/// <param name="Trained">|b_t|.</param>
/// <param name="SelectionTime">Wall-clock time to gather, score and choose.</param>
/// <param name="TotalTime">Wall-clock time of the step, without the callback.</param>
/// <param name="EpochEnded">Whether it was the last step of an epoch.</param>
public sealed record StepResult(
    long Step, double Loss, int Candidates, int Scored, int Trained, TimeSpan SelectionTime, TimeSpan TotalTime, bool EpochEnded);
