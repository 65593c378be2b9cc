using RhoLoss.Data;
using RhoLoss.Experiments.Reports;
using RhoLoss.Optimization;
using RhoLoss.Selection;
using RhoLoss.Selection.Scoring;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Benchmarking;

/// <summary>
/// Whether the replica ranks as the target does: on a model that has learnt something, whose small losses bfloat16 rounds most.
/// </summary>
internal static class ReplicaRanking
{
    private const int LargeBatches = 2;

    /// <summary>
    /// Trains a target on the built-in images, then compares the losses that it and its replica find for others: mean of
    /// Spearman's correlation over large batches.
    /// </summary>
    public static double Measure(ScorerArms arms, BenchmarkOptions options, CancellationToken cancellation)
    {
        using IDisposable scope = NewDisposeScope();
        using LabeledDataset images = BenchmarkData.RealImages(arms.Model.InputShape);
        using nn.Module<Tensor, Tensor> model = arms.NewTarget();
        Train(model, images, options, cancellation);
        using var parameters = new FlatParameters(model);
        using BatchSelector target = Selector(new TargetScorer(model), options);
        using BatchSelector replica = Selector(arms.ReplicaOf(parameters), options);
        using var sampler = new ShuffledSampler(images.Ids, options.LargeBatch, seed: 2);
        return Enumerable.Range(0, LargeBatches).Average(_ =>
        {
            Batch batch = images.Gather(sampler.Next());
            return SpearmanCorrelation.Of(Losses(target, batch), Losses(replica, batch));
        });
    }

    /// <summary>In bfloat16, which is faster; the model is float32 again afterwards, with the masters that were trained.</summary>
    private static void Train(
        nn.Module<Tensor, Tensor> model, LabeledDataset images, BenchmarkOptions options, CancellationToken cancellation)
    {
        using var trainer = new Trainer(model, images, SelectionFunctions.Uniform, null, new TrainerOptions
        {
            BatchSize = options.Batch,
            LargeBatchSize = options.Batch,
            OptimizerThreads = options.Threads,
            Format = ScorerArms.FormatOf(Precision.BFloat16),
        });
        for (int i = 0; i < options.TrainingStepsBeforeRanking; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            trainer.Step();
        }
    }

    private static BatchSelector Selector(Scorer scorer, BenchmarkOptions options) =>
        new(scorer, SelectionFunctions.TrainLoss, null, options.Batch, new BatchSelectorOptions { LargeBatchSize = options.LargeBatch });

    private static float[] Losses(BatchSelector selector, Batch batch) =>
        selector.Select(batch).Candidates.Loss!.cpu().data<float>().ToArray();
}
