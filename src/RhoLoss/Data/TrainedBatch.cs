using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Data;

/// <summary>
/// b_t after a gradient step, with what the forward pass of that step gave: what samplers, scorers and references learn from. All of it is
/// from before the update and without gradient; the caller's dispose scope owns it.
/// </summary>
/// <param name="Batch">b_t.</param>
/// <param name="Logits">Outputs of the target, float32, shape [k, …]: [k, C] for a classifier.</param>
/// <param name="Losses">Loss of each example, unweighted, float32, shape [k]; in nats for a cross-entropy.</param>
/// <param name="Objective">What the target is trained for.</param>
public sealed record TrainedBatch(Batch Batch, Tensor Logits, Tensor Losses, Objective Objective)
{
    /// <summary>Takes the losses of the logits: for a loop that has only their mean.</summary>
    public static TrainedBatch Of(Batch batch, Tensor logits, Objective? objective = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(logits);
        objective ??= Objective.CrossEntropy;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (Tensor losses, Tensor detached) = scope.MoveToOuter(objective.PerExample(logits, batch.Labels), logits.detach());
        return new TrainedBatch(batch, detached, losses, objective);
    }
}
