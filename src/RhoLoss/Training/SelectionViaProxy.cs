using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>
/// SVP (Coleman et al., 2020): a small network is trained on all of D, then the points about which it is least certain are chosen once,
/// before the target is trained on them alone. The paper's only offline baseline (Section 4, Baselines).
/// </summary>
/// <example>
/// <code>
/// Tensor chosen = SelectionViaProxy.Run(smallModel, data, share: 0.5, new TrainerOptions(), epochs: 5);
/// using LabeledDataset half = data.Subset(chosen);
/// </code>
/// </example>
public static class SelectionViaProxy
{
    /// <summary>Trains the proxy and chooses.</summary>
    /// <param name="proxy">The small network; trained in place. Not owned.</param>
    /// <param name="trainingSet">D. Not owned.</param>
    /// <param name="share">Share of D that is chosen, above 0 and at most 1.</param>
    /// <param name="options">Batch size, optimizer and seed of its training.</param>
    /// <param name="epochs">Epochs over D.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <returns>Ids of the chosen examples in row order, int64. The caller's dispose scope owns them.</returns>
    public static Tensor Run(
        nn.Module<Tensor, Tensor> proxy, LabeledDataset trainingSet, double share, TrainerOptions options, int epochs,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        ArgumentNullException.ThrowIfNull(trainingSet);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        TrainerOptions uniform = options with { LargeBatchSize = options.BatchSize };
        using (var trainer = new Trainer(proxy, trainingSet, SelectionFunctions.Uniform, null, uniform))
        {
            while (trainer.EpochsTaken < epochs)
            {
                cancellation.ThrowIfCancellationRequested();
                trainer.Step();
            }
        }
        return Choose(proxy, trainingSet, share, options.Objective);
    }

    /// <summary>
    /// Ids of the ⌊share · N⌋ examples, at least one, whose prediction H[p] has the largest entropy; among equals,
    /// those of the lower rows. In row order, int64.
    /// </summary>
    /// <param name="proxy">The small network. Not owned.</param>
    /// <param name="trainingSet">D. Not owned.</param>
    /// <param name="share">As of <see cref="Run"/>.</param>
    /// <param name="objective">What it was trained for; null for cross-entropy. Its outputs must be logits.</param>
    public static Tensor Choose(
        nn.Module<Tensor, Tensor> proxy, LabeledDataset trainingSet, double share, Objective? objective = null)
    {
        ArgumentNullException.ThrowIfNull(trainingSet);
        if (!(share > 0 && share <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share that is chosen must be above 0 and at most 1.");
        }
        using DisposeScope scope = NewDisposeScope();
        Tensor order = sort(Entropies(proxy, trainingSet, objective), descending: true, stable: true).indices;
        Tensor rows = order.slice(0, 0, Math.Max(1, (long)Math.Floor(share * trainingSet.Count + 1e-9)), 1).sort().Values;
        return scope.MoveToOuter(trainingSet.Ids.index_select(0, rows));
    }

    /// <summary>H[p] of the prediction for each example in row order, in nats, shape [N]. The caller's dispose scope owns it.</summary>
    internal static Tensor Entropies(nn.Module<Tensor, Tensor> proxy, LabeledDataset trainingSet, Objective? objective = null)
    {
        objective ??= Objective.CrossEntropy;
        if (!objective.OutputsAreClassLogits)
        {
            throw new ArgumentException(
                $"An entropy needs logits of classes, which the outputs of {objective.GetType().Name} are not.", nameof(objective));
        }
        using DisposeScope scope = NewDisposeScope();
        var entropies = new List<Tensor>();
        Evaluator.ForEachBatch(proxy, trainingSet, batchSize: 1000, (inner, batch, logits) =>
        {
            objective.Require(logits, batch.Count, () => batch.LargestLabel);
            Tensor logProbabilities = nn.functional.log_softmax(logits, -1);
            Tensor elements = -(logProbabilities.exp() * logProbabilities).sum(-1);
            entropies.Add(inner.MoveToOuter(Objective.MeanOfEach(elements, objective.Counted(batch.Labels))));
        });
        return scope.MoveToOuter(cat(entropies));
    }
}
