using System.Text.Json.Serialization;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Optimization;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Workflows;

/// <summary>A checkpoint measured on the test set of its run.</summary>
/// <param name="Checkpoint">Path of the checkpoint.</param>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Method">Selection method of the run.</param>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Step">Gradient steps taken.</param>
/// <param name="Accuracy">Test accuracy, 0 to 1; null where nothing is right or wrong.</param>
/// <param name="Loss">Mean test loss in nats.</param>
/// <param name="Count">Test examples.</param>
/// <param name="ByClass">Accuracy of each class.</param>
/// <param name="Metrics">Everything that is measured, by name; accuracy and loss among it.</param>
/// <param name="Metric">What the run is judged by, and its best checkpoint was chosen by.</param>
public sealed record CheckpointEvaluation(
    string Checkpoint, string Dataset, string Method, long Seed, long Step, double? Accuracy, double Loss, int Count,
    IReadOnlyList<ClassAccuracy> ByClass, IReadOnlyDictionary<string, double?> Metrics, MetricSummary Metric)
{
    /// <summary>A text of a language model; null for other models, and where none is asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GeneratedSample? Sample { get; init; }

    /// <summary>Loads a checkpoint of a training run and measures it.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="which"><c>best</c>, <c>last</c>, or a path.</param>
    /// <param name="report">Told what the user should know of the result.</param>
    /// <param name="sampleTokens">
    /// Tokens of a text that the model writes; null: <see cref="GeneratedSample.UsualTokens"/> of a language model; 0: none.
    /// </param>
    /// <exception cref="InvalidInputException">
    /// There is no such checkpoint, it does not fit the run's recipe, or the test set is not the one that the run was measured on; or a
    /// text is asked of a model that writes none.
    /// </exception>
    public static CheckpointEvaluation Run(RunFolder folder, string which, Action<RunEvent> report, int? sampleTokens = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        Recipe recipe = RecipeLoader.Load(folder.ConfigPath, []).Recipe;
        StartedRun? started = StartedRun.RecordedIn(folder);
        started?.RequireSameToEvaluate(recipe, folder.Location);
        RunSession.Configure(recipe);
        var store = new CheckpointStore(folder.CheckpointsPath);
        string path = which switch
        {
            "best" => store.Best() ?? throw (store.Newest().Count > 0 ? Unmeasured(folder) : None(folder)),
            "last" => store.Newest() is [var newest, ..] ? newest : throw None(folder),
            _ => which,
        };
        using IDisposable scope = NewDisposeScope();
        Training.Checkpoint checkpoint = Training.Checkpoint.Load(path);
        using ExperimentData data = ExperimentData.Load(recipe);
        started?.RequireSameToEvaluate(data.Test, folder.Location);
        if (sampleTokens > 0 && !GeneratedSample.IsOf(data)) { throw WritesNothing(folder, recipe); }
        if (started is null) { report(new RunEvent.Notice(Unrecorded(folder))); }
        using nn.Module<Tensor, Tensor> model = Architecture.TargetOf(recipe).Create(data.Training, seed: 0);
        checkpoint.RestoreModel(model);
        ComputeFormat format = ComputeOptions.FormatOf(recipe);   // the run's own, so that its accuracies come out again
        using var parameters = new FlatParameters(model, format, training: false);
        using nn.Module<Tensor, Tensor> formatted = format.Wrap(model);
        EvaluatedExamples examples = Evaluator.Examples(formatted, data.Test, data.Objective);
        var found = Evaluation.Of(examples);
        int tokens = GeneratedSample.IsOf(data) ? sampleTokens ?? GeneratedSample.UsualTokens : 0;
        IEnumerable<long> counts = examples.Labels.bincount(null, examples.Classes).cpu().data<long>();
        return new CheckpointEvaluation(
            path, data.Name, checkpoint.Get("method"), checkpoint.GetLong("seed"), checkpoint.GetLong("steps"),
            found.Metrics[Training.Metric.Accuracy], found.Loss, found.Count,
            [.. examples.AccuracyByClass.Zip(counts).Select((of, c) => new ClassAccuracy(data.ClassNames[c], of.First, (int)of.Second))],
            found.Metrics, MetricSummary.Of(recipe.Metric))
        {
            Sample = tokens == 0 ? null : GeneratedSample.Of(formatted, data, tokens),
        };
    }

    private static InvalidInputException WritesNothing(RunFolder folder, Recipe recipe) => new(
        $"--sample lets a language model write, but the model of {folder.Location} is {recipe.Model.Name}, which writes no text. "
        + "Remove --sample.");

    private static string Unrecorded(RunFolder folder) =>
        $"{folder.Location} does not record which test set it was measured on, so nothing shows whether this one is the same.";

    /// <summary>A run that was stopped within its first epoch has one.</summary>
    private static InvalidInputException Unmeasured(RunFolder folder) => new(
        $"{folder.Location} has no checkpoint that was measured, so none is the best: the run was stopped between two looks at the test "
        + "set. Evaluate the newest with --checkpoint last.");

    private static InvalidInputException None(RunFolder folder) =>
        new(
            $"{folder.Location} has no checkpoint. "
            + "Evaluate a folder that `rho train` wrote (a finished comparison keeps none), with checkpoints.every-epochs above 0.");
}

/// <summary>Accuracy on the test examples of one class; null for a class without one.</summary>
public sealed record ClassAccuracy(string Name, double? Accuracy, int Count);
