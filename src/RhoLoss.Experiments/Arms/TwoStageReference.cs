using RhoLoss.Data;
using RhoLoss.Selection;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Arms;

/// <summary>
/// What two stages ask: how relevant a sequence is by n-grams of holdout and pool, and its loss by those of the holdout alone. Both are
/// means over the tokens that are to be predicted, in nats, as the loss of a language model is.
/// </summary>
/// <param name="relevant">Tells the first stage what is relevant.</param>
/// <param name="losses">The losses that the second stage subtracts.</param>
internal sealed class TwoStageReference(MooreLewisReference relevant, NGramReference losses) : Reference
{
    public override Tensor Loss(Candidates candidates) => losses.Loss(candidates);

    public override Tensor Relevance(Candidates candidates) => relevant.Relevance(candidates);

    public override void RequireSameData(LabeledDataset data)
    {
        relevant.RequireSameData(data);
        losses.RequireSameData(data);
    }
}
