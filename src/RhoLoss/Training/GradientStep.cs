using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using RhoLoss.Randomness;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>Gradient steps on the mean loss of a batch: what the training loops of this library have in common.</summary>
/// <param name="model">In training mode. Not owned.</param>
/// <param name="optimizer">Of the model's parameters. Not owned.</param>
/// <param name="seed">Decides, with the number of the step, what layers such as dropout draw.</param>
/// <param name="beside">What a model is that learns beside the target, for the error; null for the target itself.</param>
/// <param name="options">Weighting, clipping, parts and accumulation of the target's steps; null for none.</param>
internal sealed class GradientStep(
    nn.Module<Tensor, Tensor> model, Optimizer optimizer, long seed, string? beside = null, TrainerOptions? options = null)
{
    private readonly LayerRandom _random = new(model);
    private readonly int _accumulated = options?.AccumulatedSteps ?? 1, _parts = options?.BatchParts ?? 1;

    /// <summary>
    /// Zero gradients, forward, (weighted) mean loss, backward, optimizer step; where gradients are accumulated, the first and the last
    /// only at the ends of a round. Forward and backward pass are those of a part of the batch after the other; what one computed is freed
    /// before the next begins. Stops before the update when the loss is not finite. For one example BatchNorm uses its running statistics.
    /// </summary>
    /// <param name="batch">b_t.</param>
    /// <param name="objective">What the loss is.</param>
    /// <param name="step">Number of this step of the model, from 1.</param>
    /// <param name="weights">Factor of each example's loss, shape [k], or null for all 1.</param>
    /// <param name="learningRateFactor">Multiplies the optimizer's learning rate.</param>
    /// <exception cref="InvalidInputException">
    /// The model has no output for a label of the data set, or only one; nothing was changed.
    /// </exception>
    /// <returns>Outputs and losses from before the update, and the mean loss that the step was taken on.</returns>
    public (TrainedBatch Trained, double Loss) Take(
        Batch batch, Objective objective, long step, Tensor? weights = null, double learningRateFactor = 1)
    {
        if ((step - 1) % _accumulated == 0) { optimizer.ZeroGradients(); }
        IReadOnlyList<BatchPart> parts = BatchPart.Of(batch, weights, objective, _parts);
        var (outputs, losses, shares) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        double loss = 0;
        foreach (BatchPart part in parts)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor output = Outputs(part, step);
            objective.Require(output, part.Count, () => batch.LargestLabel);
            Tensor elements = objective.PerElement(output, part.Labels);
            Tensor? counted = objective.Counted(part.Labels);
            Tensor share = options?.Weighting is { } weighting
                ? new LossWeighting(weighting).Mean(elements, counted, weights, batch)
                : part.ShareOfMean(elements, counted);
            shares.Add(scope.MoveToOuter(share.detach()));
            if (shares.Count == parts.Count) { loss = Total(shares, batch, step); }
            (_accumulated == 1 ? share : share.div(Scalars.Of(_accumulated))).backward();
            outputs.Add(scope.MoveToOuter(output.detach()));
            losses.Add(scope.MoveToOuter(Objective.MeanOfEach(elements.detach(), counted)));
        }
        if (step % _accumulated == 0) { Update(learningRateFactor); }
        return (new TrainedBatch(batch, Joined(outputs), Joined(losses), objective), loss);
    }

    /// <summary>The loss of the batch, read once for all parts.</summary>
    private double Total(List<Tensor> shares, Batch batch, long step)
    {
        double loss = StepChecks.Read(shares.Count == 1 ? shares[0] : stack(shares).sum());
        return double.IsFinite(loss) ? loss : throw NotFinite(batch, step, loss);
    }

    private static Tensor Joined(List<Tensor> parts) => parts.Count == 1 ? parts[0] : cat(parts);

    private void Update(double learningRateFactor)
    {
        options?.BeforeUpdate?.Invoke(optimizer.Parameters);
        if (options?.ClipGradientNorm is { } highest) { optimizer.Parameters.ClipGradientNorm(highest); }
        optimizer.Step(learningRateFactor);
    }

    private Tensor Outputs(BatchPart part, long step)
    {
        using IDisposable? alone = BatchStatistics.For(model, part.Count);
        long ofStep = Seeding.Of(seed, Purpose.Layers, step);
        return _random.Run(model, part.Inputs, part.Number == 0 ? ofStep : Seeding.Mix(ofStep, part.Number));
    }

    private NonFiniteLossException NotFinite(Batch batch, long step, double loss)
    {
        long[] ids = batch.Indices.cpu().data<long>().ToArray();
        return beside is null ? new NonFiniteLossException(step, loss, ids) : new NonFiniteLossException(beside, step, loss, ids);
    }
}
