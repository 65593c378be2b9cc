using RhoLoss.Data;
using RhoLoss.Objectives;
using RhoLoss.Optimization;
using static TorchSharp.torch;

namespace RhoLoss.Training;

/// <summary>Measures a model on a data set: eval mode, no gradient, no augmentation.</summary>
/// <example>
/// <code>
/// var largest = new Metric("largestLoss", e => e.Losses.max().item&lt;float>());
/// Evaluation found = Evaluator.Evaluate(model, test, more: largest);
/// Console.WriteLine($"{found.Accuracy:P1}, loss {found.Loss:F3}");
/// </code>
/// </example>
public static class Evaluator
{
    /// <summary>Most outputs of a batch of sequences that have one for each token of the vocabulary, at each token: 16 MB.</summary>
    private const long MostTokenOutputs = 1L << 22;

    /// <summary>The metrics of <see cref="Metric.Standard"/> and further ones. The model's mode is as before afterwards.</summary>
    /// <param name="model">Inputs [n, …] to outputs. Not owned.</param>
    /// <param name="data">What it is measured on.</param>
    /// <param name="objective">What it was trained for; null for cross-entropy.</param>
    /// <param name="batchSize">Most examples of one forward pass; fewer where each token has an output for every other.</param>
    /// <param name="more">Metrics to measure besides; one called like a standard one takes its place.</param>
    /// <exception cref="InvalidInputException">The model has no output for a label of the data set, or only one.</exception>
    public static Evaluation Evaluate(
        nn.Module<Tensor, Tensor> model, LabeledDataset data, Objective? objective = null, int batchSize = 1000,
        params IReadOnlyList<Metric> more)
    {
        using IDisposable scope = NewDisposeScope();
        return Evaluation.Of(Examples(model, data, objective, batchSize), more);
    }

    /// <summary>What metrics are made from. The caller's dispose scope owns the tensors but for the labels, which are the data's.</summary>
    /// <param name="model">As of <see cref="Evaluate"/>.</param>
    /// <param name="data">As of <see cref="Evaluate"/>.</param>
    /// <param name="objective">As of <see cref="Evaluate"/>.</param>
    /// <param name="batchSize">As of <see cref="Evaluate"/>.</param>
    /// <exception cref="InvalidInputException">The model has no output for a label of the data set, or only one.</exception>
    public static EvaluatedExamples Examples(
        nn.Module<Tensor, Tensor> model, LabeledDataset data, Objective? objective = null, int batchSize = 1000)
    {
        (Tensor losses, Tensor? correct) = PerExample(model, data, objective, batchSize);
        return new EvaluatedExamples(losses, correct, data.Labels, data.Classes)
        {
            Objective = objective ?? Objective.CrossEntropy,
            TextBytes = data.TextBytes,
        };
    }

    /// <summary>
    /// Loss of each example and the share of it that is predicted right (null where nothing is right or wrong), both float32, shape [N],
    /// in row order. The caller's dispose scope owns them.
    /// </summary>
    /// <param name="model">As of <see cref="Evaluate"/>.</param>
    /// <param name="data">As of <see cref="Evaluate"/>.</param>
    /// <param name="objective">As of <see cref="Evaluate"/>.</param>
    /// <param name="batchSize">As of <see cref="Evaluate"/>.</param>
    public static (Tensor Losses, Tensor? Correct) PerExample(
        nn.Module<Tensor, Tensor> model, LabeledDataset data, Objective? objective = null, int batchSize = 1000) =>
        PerExample(model, data, temperature: 1, objective, batchSize);

    /// <summary>The same with the loss of outputs / temperature.</summary>
    internal static (Tensor Losses, Tensor? Correct) PerExample(
        nn.Module<Tensor, Tensor> model, LabeledDataset data, double temperature, Objective? objective = null, int batchSize = 1000)
    {
        objective ??= Objective.CrossEntropy;
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> losses = [], correct = [];
        ForEachBatch(model, data, batchSize, (inner, batch, outputs) =>
        {
            objective.Require(outputs, batch.Count, () => batch.LargestLabel);
            losses.Add(inner.MoveToOuter(objective.PerExample(outputs.div(Scalars.Of(temperature)), batch.Labels)));
            if (objective.Correct(outputs, batch.Labels) is { } right) { correct.Add(inner.MoveToOuter(right)); }
        });
        Tensor all = scope.MoveToOuter(cat(losses));
        return (all, correct.Count == 0 ? null : scope.MoveToOuter(cat(correct)));
    }

    /// <summary>
    /// Which classes the model takes for which: entry [i, j] counts the examples with label i whose largest output is that of class j;
    /// int64, shape [C, C], on the CPU. The diagonal is what is right. The caller's dispose scope owns it.
    /// </summary>
    /// <param name="model">As of <see cref="Evaluate"/>.</param>
    /// <param name="data">As of <see cref="Evaluate"/>; its labels are classes.</param>
    /// <param name="batchSize">As of <see cref="Evaluate"/>.</param>
    /// <exception cref="InvalidInputException">The model has no output for a label of the data set, or only one.</exception>
    public static Tensor ConfusionMatrix(nn.Module<Tensor, Tensor> model, LabeledDataset data, int batchSize = 1000)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.RequireClasses("A confusion matrix");
        using DisposeScope scope = NewDisposeScope();
        Tensor counts = zeros(data.Classes * data.Classes, dtype: int64);
        ForEachBatch(model, data, batchSize, (_, batch, logits) =>
        {
            ClassOutputs.Require(logits, batch.Count, () => batch.LargestLabel);
            Tensor cells = Scalars.Sum(batch.Labels.mul(Scalars.Of(data.Classes)), logits.argmax(1));
            counts.add_(cells.cpu().bincount(null, data.Classes * data.Classes), Scalars.One);
        });
        return scope.MoveToOuter(counts.reshape(data.Classes, data.Classes));
    }

    /// <summary>A loss of them takes several times their room: a thousand sequences of 256 bytes came to 4 GB.</summary>
    private static int WithRoomForOutputs(LabeledDataset data, int batchSize) => data is { Classes: 0, Tokens.Size: var size }
        ? (int)Math.Clamp(MostTokenOutputs / (data.InputShape[0] * size), 1, batchSize) : batchSize;

    /// <summary>
    /// Hands each batch in row order and its outputs [n, …] to <paramref name="measure"/>, in a dispose scope of its own, without
    /// gradients; the model is in eval mode meanwhile and in its old mode afterwards.
    /// </summary>
    internal static void ForEachBatch(
        nn.Module<Tensor, Tensor> model, LabeledDataset data, int batchSize, Action<DisposeScope, Batch, Tensor> measure)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ModelRequirements.RequireSafeConvolutions(model);
        batchSize = WithRoomForOutputs(data, batchSize);
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
                measure(inner, batch, model.forward(batch.Inputs));
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
