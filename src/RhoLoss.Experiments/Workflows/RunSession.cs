using RhoLoss.Data;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Training;
using static TorchSharp.torch;

namespace RhoLoss.Experiments.Workflows;

/// <summary>What the arms of one run share: data, irreducible losses, logs. Owns them all.</summary>
public sealed class RunSession : IDisposable
{
    private const string LearningRates = "The target's learning rate is optimizer.learning-rate, a proxy's scoring.proxy-learning-rate.";
    private readonly Recipe _recipe;
    private readonly ExperimentData _data;
    private readonly IrreducibleLosses? _irreducibleLosses;
    private readonly RunLogs _logs;
    private readonly RunFolder _folder;
    private readonly Lazy<IReadOnlyList<ReferenceSummary>> _references;

    private RunSession(
        Recipe recipe, IEnumerable<string> methods, ExperimentData data, IrreducibleLosses? irreducibleLosses, bool reused,
        RunFolder folder, RunLogs logs)
    {
        _recipe = recipe;
        _data = data;
        _irreducibleLosses = irreducibleLosses;
        _folder = folder;
        _logs = logs;
        IrreducibleLoss = irreducibleLosses is null
            ? null
            : new IrreducibleLossSummary(
                irreducibleLosses.Facts.Seconds, irreducibleLosses.Facts.KnownAccuracy, reused,
                irreducibleLosses.Facts.Temperature is var t && t != 1 ? t : null);
        _references = new Lazy<IReadOnlyList<ReferenceSummary>>(() => MeasuredReferences.Of(recipe, methods, data, irreducibleLosses));
    }

    /// <summary>The IL model's part of the summary; null when no method needs one.</summary>
    public IrreducibleLossSummary? IrreducibleLoss { get; }

    /// <summary>The same as one of the references of the summary, and those of n-grams; measured when first asked for.</summary>
    public IReadOnlyList<ReferenceSummary> References => _references.Value;

    /// <summary>Threads that arms train with.</summary>
    public int Threads { get; } = get_num_threads();

    /// <summary>The logs of a run. One more is written in a file of its own and named here.</summary>
    private static RunLogs LogsOf(RunFolder folder, Action<RunEvent> report) => new(
        new CallbackLog(report),
        new JsonLinesLog(folder.MetricsPath),
        new CsvLog(folder.TablePath),
        new TensorBoardLog(folder.TensorBoardPath));

    /// <summary>Where each log ends.</summary>
    public IReadOnlyDictionary<string, long> LogPositions => _logs.Positions;

    /// <summary>Loads data, and irreducible losses if a method needs them, and opens the logs.</summary>
    /// <exception cref="InvalidInputException">Among others: the folder holds a run that was started with another recipe or other
    /// data; nothing was changed.</exception>
    public static RunSession Open(
        Recipe recipe, IEnumerable<string> methods, RunFolder folder, Action<RunEvent> report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        var notices = new RunNotices(folder);
        report = notices.Keeping(report);
        // All before minutes of loading.
        StartedRun? started = StartedRun.In(folder);
        if (started?.RequireSame(recipe, folder.Location) is { } changes) { report(new RunEvent.Notice(changes)); }
        started?.RequireSameWeights(recipe, folder.Location);
        if (RecipeArm.NeedIrreducibleLosses(methods)) { IrreducibleLossFile.RequireSource(recipe); }
        if (RecipeArm.Parse(methods).Any(arm => new ArmSelection(recipe, arm, null).Scorer.ReplaysPlan))
        {
            SelectionPlanFile.RequirePlan(recipe);
        }
        Configure(recipe);
        ExperimentData data = ExperimentData.Load(recipe);
        try
        {
            report(Describe(data));
            RecipeNetworks.RequireInputs(recipe, methods, data.Training);
            if (PrecisionNotice.Of(recipe, methods) is { } slow) { report(slow); }
            if (LargeBatchNotice.Of(recipe, methods, data.Training.Count) is { } few) { report(few); }
            started?.RequireSame(recipe, data, folder.Location);
            // Reads every file that the fingerprints below read too, and none twice.
            foreach (string notice in data.ContentNotices?.Invoke() ?? []) { report(new RunEvent.Notice(notice)); }
            // Refused before an irreducible-loss model is trained.
            if (recipe.Model.Weights.Length > 0) { Architecture.TargetOf(recipe).Create(data.Training, seed: 0).Dispose(); }
            (IrreducibleLosses? losses, bool reused) = RecipeArm.NeedIrreducibleLosses(methods)
                ? IrreducibleLossFile.GetOrTrain(recipe, data, force: false, report, cancellation)
                : (null, false);
            try
            {
                started?.RequireSame(losses, folder.Location);
                if (started is null) { StartedRun.Of(recipe, data, losses).Save(folder); }
                notices.StartWriting();
                ChooseThreads(recipe, methods, data, folder, report, cancellation);
                return new RunSession(recipe, methods, data, losses, reused, folder, LogsOf(folder, report));
            }
            catch
            {
                losses?.Dispose();
                throw;
            }
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Once a run: measured again, another number might come out, and what is continued would be summed in another order.
    /// </summary>
    private static void ChooseThreads(
        Recipe recipe, IEnumerable<string> methods, ExperimentData data, RunFolder folder, Action<RunEvent> report,
        CancellationToken cancellation)
    {
        if (recipe.Machine.Threads > 0) { return; }
        if (File.Exists(folder.ThreadsPath))
        {
            set_num_threads(RunJson.Read<MeasuredThreads>(folder.ThreadsPath).Target);
            return;
        }
        int scored = RecipeArm.Parse(methods).Any(arm => new ArmSelection(recipe, arm, null).TargetScores)
            ? recipe.Training.LargeBatchSize
            : 0;
        new ThreadChoice(Architecture.TargetOf(recipe), ComputeOptions.FormatOf(recipe), recipe.Training.BatchSize, scored)
        {
            Parts = recipe.Training.Accumulate,
        }.Put(recipe, data.Training, report, cancellation);
        RunJson.Save(new MeasuredThreads(get_num_threads()), folder.ThreadsPath);
    }

    /// <summary>Puts the machine section of a recipe in force for the process.</summary>
    public static void Configure(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        set_num_threads(Math.Max(1, recipe.Machine.Threads));   // 0 is measured when there is a network
    }

    /// <summary>What a user wants to know of the data before training starts.</summary>
    public static PreparationEvent.DataReady Describe(ExperimentData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        int? Count(string flag) => data.Training.Flag(flag) is { } f ? (int)f.sum().item<long>() : null;
        using IDisposable scope = NewDisposeScope();
        return new PreparationEvent.DataReady(data.Name, data.Source, data.Training.Count, data.Holdout?.Count ?? 0, data.Test.Count,
            Count(ExampleFlags.Corrupted), Count(ExampleFlags.LabelChanged), data.LeftOut)
        {
            Notices = data.Notices,
        };
    }

    /// <summary>The result of a run that is finished already, which changes nothing; null while something is left to do.</summary>
    /// <exception cref="InvalidInputException">It was started with another recipe.</exception>
    internal static ComparisonSummary? Finished(Recipe recipe, RunFolder folder, Action<RunEvent> report)
    {
        if (!folder.IsComplete) { return null; }
        string? changes = StartedRun.In(folder)?.RequireSame(recipe, folder.Location);
        var summary = ComparisonSummary.Load(folder.SummaryPath);
        string aside = changes is null ? "" : $" ({changes}, which decides nothing)";
        report(new RunEvent.Notice($"{folder.Location} is finished: nothing is left to train, and nothing was changed{aside}"));
        return summary;
    }

    /// <summary>Trains an arm to its end, from its newest checkpoint if it has one and <paramref name="resume"/> is set.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="checkpointFolder">Where its checkpoints are.</param>
    /// <param name="resume">Whether to continue.</param>
    /// <param name="cancellation">Stops at the next step.</param>
    /// <exception cref="OperationCanceledException">Cancelled, after a checkpoint was written.</exception>
    public ArmResult RunArm(RecipeArm arm, string checkpointFolder, bool resume, CancellationToken cancellation)
    {
        var checkpoints = new CheckpointStore(checkpointFolder, _recipe.Checkpoints.KeepLast, _recipe.Checkpoints.KeepBest);
        using TrainingRun run = TrainingRun.Prepare(_recipe, arm, _data, _irreducibleLosses, _logs, checkpoints, cancellation);
        if (resume && checkpoints.Newest().Count > 0) { run.Resume(); }
        try
        {
            ArmResult result = run.Run(cancellation);
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.ExamplesOf(arm.Label))!);
            run.Ledger.Save(_folder.ExamplesOf(arm.Label));
            return result;
        }
        catch (NonFiniteLossException e)
        {
            throw new NonFiniteLossException($"{e.Message} {Causes(run)}{NamedExamples.Sentence(_data, e.ExampleIds)}", e);
        }
        catch (NonFiniteScoreException e)
        {
            IReadOnlyList<long> ids = e.InnerException is NonFiniteScoreException inner ? inner.ExampleIds : e.ExampleIds;
            throw new NonFiniteScoreException($"{e.Message} {Causes(run)}{NamedExamples.Sentence(_data, ids)}", e);
        }
    }

    /// <summary>
    /// Where to look when a run diverged: learning rates, and the weights that the target started from, which alone decide what it computes
    /// before its first step.
    /// </summary>
    private string Causes(TrainingRun run)
    {
        if (_recipe.Model.Weights is not { Length: > 0 } weights) { return LearningRates; }
        return run.StepsTaken == 0
            ? $"The target had not taken a step yet and is as model.weights made it: look at {weights} first, or train without it."
            : $"{LearningRates} The target started from model.weights, {weights}.";
    }

    /// <summary>Drops what was logged after the positions: of an arm that will start again. None is the beginning.</summary>
    public void CutLogs(IReadOnlyDictionary<string, long>? positions = null)
    {
        if (positions is null) { _logs.Clear(); }
        else { _logs.CutTo(positions); }
    }

    /// <summary>Frees everything shared.</summary>
    public void Dispose()
    {
        _logs.Dispose();
        _irreducibleLosses?.Dispose();
        _data.Dispose();
    }
}
