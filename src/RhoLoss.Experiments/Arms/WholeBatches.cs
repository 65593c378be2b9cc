using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Arms;

/// <summary>Trains on all that a sampler hands out, which chose already.</summary>
/// <param name="largeBatchSize">n_B, what the sampler chooses from.</param>
internal sealed class WholeBatches(int largeBatchSize) : IBatchSelector
{
    public int LargeBatchSize => largeBatchSize;

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
