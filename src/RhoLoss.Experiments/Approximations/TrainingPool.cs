using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Approximations;

/// <summary>Examples of two sets as one: the holdout, or none of it, and what was acquired of D so far.</summary>
/// <param name="holdout">D_ho; null for none of it. Not owned.</param>
/// <param name="trainingSet">D. Not owned.</param>
/// <param name="acquired">Ids of the acquired examples of D.</param>
internal sealed class TrainingPool(LabeledDataset? holdout, LabeledDataset trainingSet, IReadOnlyList<long> acquired)
{
    private long Held => holdout?.Count ?? 0;

    /// <summary>Rows of both in random order, cut into batches; each is the caller's to dispose.</summary>
    public IEnumerable<Tensor> Shuffled(int batchSize, Generator generator)
    {
        long count = Held + acquired.Count;
        using Tensor order = randperm(count, dtype: int64, generator: generator);
        for (long start = 0; start < count; start += batchSize)
        {
            using Tensor view = order.slice(0, start, Math.Min(start + batchSize, count), 1);
            yield return view.clone();
        }
    }

    /// <summary>The examples at these rows, the holdout's first. Owned by the caller's dispose scope.</summary>
    public Batch At(Tensor rows)
    {
        long[] all = [.. rows.cpu().data<long>()];
        long[] fromHoldout = [.. all.Where(row => row < Held)],
            fromTraining = [.. all.Where(row => row >= Held).Select(row => acquired[(int)(row - Held)])];
        if (fromHoldout.Length == 0) { return trainingSet.Gather(tensor(fromTraining)); }
        Batch first = holdout!.Gather(holdout.Ids.index_select(0, tensor(fromHoldout, device: holdout.Ids.device)));
        if (fromTraining.Length == 0) { return first; }
        Batch second = trainingSet.Gather(tensor(fromTraining));
        return new Batch(cat([first.Indices, second.Indices]), cat([first.Inputs, second.Inputs]), cat([first.Labels, second.Labels]));
    }
}
