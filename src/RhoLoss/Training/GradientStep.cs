using RhoLoss.Data;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>Gradient steps on the mean cross-entropy of a batch: what the training loops of this library have in common.</summary>
/// <param name="model">In training mode. Not owned.</param>
/// <param name="optimizer">Of the model's parameters. Not owned.</param>
/// <param name="seed">Decides, with the number of the step, what layers such as dropout draw.</param>
/// <param name="logitOffset">Added to the logits for the loss only, shape [C]; null for none. Not owned.</param>
/// <param name="beside">What a model is that learns beside the target, for the error; null for the target itself.</param>
internal sealed class GradientStep(
    nn.Module<Tensor, Tensor> model, FusedOptimizer optimizer, long seed, Tensor? logitOffset = null, string? beside = null)
{
    private readonly LayerRandom _random = new(model);

    /// <summary>
    /// Zero gradients, forward, (weighted) mean loss, backward, optimizer step. Stops before the update when the loss is not finite. For a
    /// batch of one example BatchNorm uses its running statistics.
    /// </summary>
    /// <param name="batch">b_t.</param>
    /// <param name="step">Number of this step of the model, from 1.</param>
    /// <param name="weights">Factor of each example's loss, shape [k], or null for all 1.</param>
    /// <param name="learningRateFactor">Multiplies the optimizer's learning rate.</param>
    /// <exception cref="InvalidInputException">
    /// The model has no output for a label of the data set, or only one; nothing was changed.
    /// </exception>
    /// <returns>Logits [k, C] before the update and the loss in nats.</returns>
    public (Tensor Logits, double Loss) Take(Batch batch, long step, Tensor? weights = null, double learningRateFactor = 1)
    {
        optimizer.ZeroGradients();
        Tensor logits = Logits(batch.Inputs, step);
        ClassOutputs.Require(logits, batch.Count, batch.LargestLabel);
        Tensor adjusted = Adjusted(logits);
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

    private Tensor Logits(Tensor inputs, long step)
    {
        using IDisposable? alone = BatchStatistics.For(model, inputs.shape[0]);
        return _random.Run(model, inputs, Seeding.Of(seed, Purpose.Layers, step));
    }

    private Tensor Adjusted(Tensor logits)
    {
        if (logitOffset is null) { return logits; }
        if (logitOffset.shape[0] == logits.shape[1]) { return Scalars.Sum(logits, logitOffset); }
        throw new InvalidInputException(
            "Logit adjustment needs an output for each class and no other, "
            + $"but the model has {logits.shape[1]} outputs for {logitOffset.shape[0]} classes.");
    }
}
