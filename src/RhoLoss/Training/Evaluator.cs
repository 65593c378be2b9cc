using RhoLoss.Data;
using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>Measures a model on a data set: eval mode, no gradient, no augmentation.</summary>
public static class Evaluator
{
    /// <summary>Accuracy and mean cross-entropy. The model's mode is as before afterwards.</summary>
    /// <exception cref="InvalidInputException">The model has no output for a label of the data set, or only one.</exception>
    public static Evaluation Evaluate(nn.Module<Tensor, Tensor> model, LabeledDataset data, int batchSize = 1000)
    {
        using IDisposable scope = NewDisposeScope();
        (Tensor losses, Tensor correct) = PerExample(model, data, batchSize);
        return new Evaluation(correct.to(float64).mean().item<double>(), losses.to(float64).mean().item<double>(), data.Count);
    }

    /// <summary>
    /// Cross-entropy in nats (float32) and whether argmax is the label (bool), both of shape [N] in
    /// row order. The caller's dispose scope owns them.
    /// </summary>
    public static (Tensor Losses, Tensor Correct) PerExample(nn.Module<Tensor, Tensor> model, LabeledDataset data, int batchSize = 1000) =>
        PerExample(model, data, temperature: 1, batchSize);

    /// <summary>The same with the cross-entropy of logits / temperature.</summary>
    internal static (Tensor Losses, Tensor Correct) PerExample(
        nn.Module<Tensor, Tensor> model, LabeledDataset data, double temperature, int batchSize = 1000)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> losses = [], correct = [];
        ForEachBatch(model, data, batchSize, (inner, batch, logits) =>
        {
            Tensor softened = logits.div(Scalars.Of(temperature));
            losses.Add(inner.MoveToOuter(nn.functional.cross_entropy(softened, batch.Labels, reduction: nn.Reduction.None)));
            correct.Add(inner.MoveToOuter(logits.argmax(1).eq(batch.Labels)));
        });
        return scope.MoveToOuter(cat(losses), cat(correct));
    }

    /// <summary>
    /// Hands each batch in row order and its logits [n, C] to <paramref name="measure"/>, in a dispose scope of its own, without
    /// gradients; the model is in eval mode meanwhile and in its old mode afterwards.
    /// </summary>
    internal static void ForEachBatch(
        nn.Module<Tensor, Tensor> model, LabeledDataset data, int batchSize, Action<DisposeScope, Batch, Tensor> measure)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ModelRequirements.RequireSafeConvolutions(model);
        (nn.Module Module, bool Training)[] modes =
        [
            (model, model.training),
            .. model.named_modules().Select(m => (m.module, m.module.training)),
        ];
        using IDisposable noGradient = no_grad();
        model.eval();
        try
        {
            for (long start = 0; start < data.Count; start += batchSize)
            {
                using DisposeScope inner = NewDisposeScope();
                long end = Math.Min(start + batchSize, data.Count);
                Batch batch = data.Gather(data.Ids.slice(0, start, end, 1));
                if (data.IsStreamed && end < data.Count)
                {
                    data.Prefetch(data.Ids.slice(0, end, Math.Min(end + batchSize, data.Count), 1));
                }
                Tensor logits = model.forward(batch.Inputs);
                ClassOutputs.Require(logits, batch.Count, batch.LargestLabel);
                measure(inner, batch, logits);
            }
        }
        finally
        {
            // Outer before inner, because train() reaches down: what the user froze stays frozen.
            foreach ((nn.Module module, bool training) in modes)
            {
                if (module.training != training) { module.train(training); }
            }
        }
    }
}

/// <summary>Quality of a model on a data set.</summary>
/// <param name="Accuracy">Share of examples whose largest logit is the label's, 0 to 1.</param>
/// <param name="Loss">Mean cross-entropy in nats.</param>
/// <param name="Count">Number of examples.</param>
public sealed record Evaluation(double Accuracy, double Loss, int Count);
