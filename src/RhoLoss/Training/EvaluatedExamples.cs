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
    /// Bytes of the text that all tokens together stand for (<see cref="Data.LabeledDataset.TextBytes"/>); null where that is not known.
    /// </summary>
    public long? TextBytes { get; init; }

    /// <summary>
    /// Mean loss in nats of the tokens that count, each the same, however many an example has; null where the loss is not one of tokens,
    /// or no token counts.
    /// </summary>
    public double? TokenLoss => OfTokens() is { Count: > 0 } tokens ? tokens.Nats / tokens.Count : null;

    /// <summary>
    /// Loss of all tokens in bits over the bytes of the text that they stand for, so that results over different tokenizers compare. Where
    /// tokens are bytes (<see cref="TokenCrossEntropy.TokensAreBytes"/>), their mean loss in bits. Null where the loss is not one of
    /// tokens, or it is not known how many bytes they stand for.
    /// </summary>
    public double? BitsPerByte => Objective is TokenCrossEntropy { TokensAreBytes: true } ? TokenLoss / Math.Log(2)
        : TextBytes is > 0 and var bytes && OfTokens() is { Count: > 0 } tokens ? tokens.Nats / Math.Log(2) / bytes : null;

    /// <summary>Sum of the losses of the tokens that count, in nats, and their number.</summary>
    private (double Nats, double Count)? OfTokens()
    {
        if (Objective is not TokenCrossEntropy tokens) { return null; }
        using IDisposable scope = NewDisposeScope();
        // In place of the tokens of sequences, their number.
        Tensor counts = Labels.dim() == 1 ? Labels.to(float64) : tokens.Counted(Labels).to(float64).sum(1);
        return ((Losses.to(float64) * counts).sum().item<double>(), counts.sum().item<double>());
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
