using RhoLoss.Data;
using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>One gradient step on the mean cross-entropy of a batch: what the training loops of this library have in common.</summary>
internal static class GradientStep
{
    /// <summary>
    /// Zero gradients, forward, (weighted) mean loss, backward, optimizer step. Stops before the update when the loss is not finite.
    /// For a batch of one example BatchNorm uses its running statistics.
    /// </summary>
    /// <param name="model">In training mode.</param>
    /// <param name="optimizer">Of the model's parameters.</param>
    /// <param name="batch">b_t.</param>
    /// <param name="weights">Factor of each example's loss, shape [k], or null for all 1.</param>
    /// <param name="step">Number of this step, for the error.</param>
    /// <param name="learningRateFactor">Multiplies the optimizer's learning rate.</param>
    /// <param name="logitOffset">Added to the logits for the loss only, shape [C]; null for none.</param>
    /// <param name="beside">What a model is that learns beside the target, for the error; null for the target itself.</param>
    /// <exception cref="InvalidInputException">
    /// The model has no output for a label of the data set, or only one; nothing was changed.
    /// </exception>
    /// <returns>Logits [k, C] before the update and the loss in nats.</returns>
    public static (Tensor Logits, double Loss) Take(
        nn.Module<Tensor, Tensor> model, FusedOptimizer optimizer, Batch batch, Tensor? weights, long step, double learningRateFactor = 1,
        Tensor? logitOffset = null, string? beside = null)
    {
        optimizer.ZeroGradients();
        Tensor logits = Logits(model, batch.Inputs);
        ClassOutputs.Require(logits, batch.Count, batch.LargestLabel);
        if (logitOffset is not null && logitOffset.shape[0] != logits.shape[1])
        {
            throw new InvalidInputException(
                "Logit adjustment needs an output for each class and no other, "
                + $"but the model has {logits.shape[1]} outputs for {logitOffset.shape[0]} classes.");
        }
        Tensor adjusted = logitOffset is null ? logits : Scalars.Sum(logits, logitOffset);
        Tensor loss = weights is null
            ? nn.functional.cross_entropy(adjusted, batch.Labels)
            : (nn.functional.cross_entropy(adjusted, batch.Labels, reduction: nn.Reduction.None) * weights).mean();
        double value = Scalars.ToDouble(loss);
        if (!double.IsFinite(value))
        {
            long[] ids = [.. batch.Indices.cpu().data<long>()];
            throw beside is null ? new NonFiniteLossException(step, value, ids) : new NonFiniteLossException(beside, step, value, ids);
        }
        loss.backward();
        optimizer.Step(learningRateFactor);
        return (logits.detach(), value);
    }

    private static Tensor Logits(nn.Module<Tensor, Tensor> model, Tensor inputs)
    {
        using IDisposable? alone = BatchStatistics.For(model, inputs.shape[0]);
        return model.forward(inputs);
    }
}
