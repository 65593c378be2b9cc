using RhoLoss.Data;
using RhoLoss.Randomness;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Inspection;

/// <summary>
/// What models that have not seen an example predict for it, by cross-fitting over folds of D. The model of fold k trains on all folds but
/// k and k + 1, its checkpoint is the one of the lowest mean loss on fold k + 1, and it judges fold k: no example has a part in the model
/// that judges it, nor has a copy of it or an equal input.
/// </summary>
/// <example>
/// <code>
/// using RhoLoss.Inspection;
///
/// using var scope = NewDisposeScope();
/// Tensor logProbabilities = OutOfSample.LogProbabilities(
///     fold => new Mlp(784, [128], 10, seed: fold), data, holdout, new HoldoutTrainingOptions { Epochs = 10 });
/// Tensor usual = ConfidentLearning.Of(logProbabilities, data.Labels).Thresholds;
/// Tensor scores = WrongLabels.Scores(logProbabilities, data.Labels, usual);   // near 1: likely wrong
/// </code>
/// </example>
public static class OutOfSample
{
    /// <summary>Folds where none are asked for: each model trains on three fifths of D.</summary>
    public const int DefaultFolds = 5;

    /// <summary>One fold is judged, one chooses the checkpoint, and one is trained on.</summary>
    public const int FewestFolds = 3;

    /// <summary>
    /// log p(c | x) of every example of <paramref name="trainingSet"/> and class, by the model of its fold: float32, shape [N, C], row
    /// order. The caller's dispose scope owns it.
    /// </summary>
    /// <param name="createModel">Makes a fresh model for fold 0, 1, …</param>
    /// <param name="trainingSet">D, with the labels that are to be judged.</param>
    /// <param name="others">
    /// What every model trains on besides, such as D_ho, of other ids; null for nothing. Those whose inputs are in D are left out.
    /// </param>
    /// <param name="options">
    /// How each model trains; its seed also decides the folds. Its temperature, state path and names are not read.
    /// </param>
    /// <param name="folds">Number of folds and models K, at least <see cref="FewestFolds"/>.</param>
    /// <param name="onEpoch">Told after each epoch, with the fold that will be judged.</param>
    /// <param name="cancellation">Stops between steps; nothing is returned.</param>
    /// <exception cref="InvalidInputException">
    /// A class has too few examples, and nothing was trained; or a model has not an output for each class.
    /// </exception>
    /// <exception cref="InvalidOperationException">Labels are no classes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are too few folds.</exception>
    public static Tensor LogProbabilities(
        Func<int, nn.Module<Tensor, Tensor>> createModel, LabeledDataset trainingSet, LabeledDataset? others,
        HoldoutTrainingOptions options, int folds = DefaultFolds, Action<int, HoldoutEpoch>? onEpoch = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(createModel);
        ArgumentNullException.ThrowIfNull(trainingSet);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, FewestFolds);
        trainingSet.RequireClasses("Judging labels");
        using DisposeScope scope = NewDisposeScope();
        using LabeledDataset? beside = Folds.Apart(others, trainingSet);
        Tensor foldOf = Folds.Of(trainingSet, beside, folds, Seeding.Of(options.Seed, Purpose.Folds));
        Tensor found = zeros(trainingSet.Count, trainingSet.Classes, device: trainingSet.Ids.device);
        for (int fold = 0; fold < folds; fold++)
        {
            using IDisposable inner = NewDisposeScope();
            Tensor isJudged = foldOf.eq(Scalars.Of(fold)), chooses = foldOf.eq(Scalars.Of((fold + 1) % folds));
            using LabeledDataset judged = Where(trainingSet, isJudged), validation = Where(trainingSet, chooses);
            using LabeledDataset rest = Where(trainingSet, isJudged.logical_or(chooses).logical_not());
            using LabeledDataset? joined = beside is null ? null : rest.Concat(beside);
            using nn.Module<Tensor, Tensor> model = createModel(fold);
            int current = fold;
            HoldoutTraining.Train(
                model, joined ?? rest, validation,
                options with
                {
                    Seed = Seeding.Of(options.Seed, Purpose.FoldTraining, fold),
                    StatePath = null,
                    Temperature = 1,
                },
                onEpoch is null ? null : epoch => onEpoch(current, epoch), cancellation);
            found.index_copy_(0, trainingSet.RowsOf(judged.Ids), Of(model, judged));
        }
        return scope.MoveToOuter(found);
    }

    /// <summary>log softmax of the logits of the classes there are, float32, shape [n, C], in row order.</summary>
    private static Tensor Of(nn.Module<Tensor, Tensor> model, LabeledDataset data)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> parts = [];
        // Training has refused a model without an output for each class.
        Evaluator.ForEachBatch(model, data, batchSize: 1000, (inner, _, outputs) => parts.Add(
            inner.MoveToOuter(nn.functional.log_softmax(outputs.slice(1, 0, data.Classes, 1).to(float32), 1))));
        return scope.MoveToOuter(cat(parts));
    }

    private static LabeledDataset Where(LabeledDataset data, Tensor mask) => data.Subset(data.Ids.masked_select(mask));
}
