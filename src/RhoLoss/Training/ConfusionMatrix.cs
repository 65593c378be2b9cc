using RhoLoss.Data;
using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>Which classes a model takes for which.</summary>
public static class ConfusionMatrix
{
    /// <summary>
    /// Entry [i, j] counts the examples with label i whose largest logit is that of class j: int64, shape [C, C], on the CPU; the diagonal
    /// is what is right. Eval mode, no augmentation. The caller's dispose scope owns it.
    /// </summary>
    public static Tensor Of(nn.Module<Tensor, Tensor> model, LabeledDataset data, int batchSize = 1000)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.RequireClasses("A confusion matrix");
        using DisposeScope scope = NewDisposeScope();
        Tensor counts = zeros(data.Classes * data.Classes, dtype: int64);
        Evaluator.ForEachBatch(model, data, batchSize, (_, batch, logits) =>
        {
            ClassOutputs.Require(logits, batch.Count, () => batch.LargestLabel);
            Tensor cells = Scalars.Sum(batch.Labels.mul(Scalars.Of(data.Classes)), logits.argmax(1));
            counts.add_(cells.cpu().bincount(null, data.Classes * data.Classes), Scalars.One);
        });
        return scope.MoveToOuter(counts.reshape(data.Classes, data.Classes));
    }
}
