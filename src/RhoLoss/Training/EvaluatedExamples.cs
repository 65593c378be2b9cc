using RhoLoss.Objectives;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>What a pass over a data set found of each example, in row order: what metrics are made from.</summary>
/// <param name="Losses">Loss of each example, in nats for a cross-entropy; float32, shape [N].</param>
/// <param name="Correct">
/// Share of each example that is predicted right, float32, shape [N]: for classes, 1 where the largest logit is the label's. Null where
/// nothing is right or wrong.
/// </param>
/// <param name="Labels">What should be predicted, as the data set has it (<see cref="Data.LabeledDataset.Labels"/>).</param>
/// <param name="Classes">Number of classes C; 0 where labels are no classes.</param>
public sealed record EvaluatedExamples(Tensor Losses, Tensor? Correct, Tensor Labels, int Classes)
{
    /// <summary>What the losses are of.</summary>
    public Objective Objective { get; init; } = Objective.CrossEntropy;

    /// <summary>
    /// Mean loss in nats of the tokens that count, each the same, however many an example has; null where the loss is not one of tokens,
    /// or no token counts.
    /// </summary>
    public double? TokenLoss
    {
        get
        {
            if (Objective is not TokenCrossEntropy tokens) { return null; }
            using IDisposable scope = NewDisposeScope();
            // In place of the tokens of sequences, their number.
            Tensor counts = Labels.dim() == 1 ? Labels.to(float64) : tokens.Counted(Labels).to(float64).sum(1);
            double all = counts.sum().item<double>();
            return all > 0 ? (Losses.to(float64) * counts).sum().item<double>() / all : null;
        }
    }

    /// <summary>
    /// Accuracy on the examples of each class, C numbers; null for a class without examples. Empty where examples have no class.
    /// </summary>
    public IReadOnlyList<double?> AccuracyByClass
    {
        get
        {
            if (Correct is null || Classes == 0 || Labels.dim() != 1) { return []; }
            using IDisposable scope = NewDisposeScope();
            double[] correct = [.. Labels.bincount(Correct.to(float64), Classes).cpu().data<double>()];
            long[] all = [.. Labels.bincount(null, Classes).cpu().data<long>()];
            return [.. correct.Zip(all, (right, count) => count > 0 ? right / count : (double?)null)];
        }
    }
}
