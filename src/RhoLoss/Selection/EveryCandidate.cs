using RhoLoss.Data;
using static TorchSharp.torch;

namespace RhoLoss.Selection;

/// <summary>No selection: all of B_t is trained on, in its order. What ordinary training is.</summary>
/// <param name="batchSize">n_b, which is n_B too.</param>
internal sealed class EveryCandidate(int batchSize) : IBatchSelector
{
    public int LargeBatchSize => batchSize;

    public SelectedBatch Select(LabeledDataset data, LargeBatch largeBatch, Augmentation? augmentation = null)
    {
        Batch batch = data.Gather(largeBatch, augmentation);
        Tensor positions = Scalars.Range(batch.Count, int64, batch.Indices.device);
        var candidates = new ScoredCandidates(batch.Indices, Labels: null, Scores: null, Logits: null, Loss: null, IrreducibleLoss: null);
        return new SelectedBatch(batch, positions, batch.Weights, candidates);
    }

    public void Observe(TrainedBatch trained) { }

    public void Capture(IDictionary<string, Tensor> state) { }

    public void Restore(Func<string, Tensor> state) { }

    public void Dispose() { }
}
