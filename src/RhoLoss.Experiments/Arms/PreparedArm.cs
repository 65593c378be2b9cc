using System.Globalization;
using RhoLoss.Accelerators;
using RhoLoss.Data;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Logging;
using RhoLoss.Selection;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Arms;

/// <summary>What an arm has before its network: how it selects, the plan it replays, the part of D it chose.</summary>
/// <param name="Selection">How it chooses its batches.</param>
/// <param name="Chosen">What a method that chooses once trains on; null for all of D. Owned.</param>
/// <param name="Seconds">What its plan, its n-grams or its choice took.</param>
internal sealed record PreparedArm(ArmSelection Selection, LabeledDataset? Chosen, double Seconds) : IDisposable
{
    /// <summary>
    /// Finds or makes the selection plan, which is the only file written before training, counts n-grams, or chooses what is trained on.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled while it made one of them.</exception>
    public static PreparedArm Make(
        Recipe recipe, RecipeArm arm, ExperimentData data, IrreducibleLosses? irreducibleLosses, Action<RunEvent> report,
        CancellationToken cancellation)
    {
        double seconds = 0;
        var selection = new ArmSelection(recipe, arm, irreducibleLosses)
        {
            OnDecision = decision => report(new RunEvent.GateDecided(arm.Label, decision)),
        };
        if (FilterNotice.Of(selection, data.Training) is { } few) { report(few); }
        if (selection.Scorer.ReplaysPlan)
        {
            (string plan, PlanFacts facts) =
                SelectionPlanFile.GetOrMake(recipe, arm, data, irreducibleLosses, force: false, report, cancellation);
            selection = selection with { Plan = plan };
            seconds += facts.Seconds;
        }
        if (arm.Method.NeedsRelevance || arm.Method.ChoosesOnce)
        {
            TimeProvider clock = DeviceClock.For(data.Training.Ids.device);
            long started = clock.GetTimestamp();
            if (arm.Method.NeedsRelevance) { selection = WithRelevance(selection, data, report); }
            LabeledDataset? chosen = selection.Choose(data, cancellation);
            if (chosen is not null) { selection = WithWholeBatches(selection, chosen.Count); }
            return new PreparedArm(selection, chosen, seconds + clock.GetElapsedTime(started).TotalSeconds);
        }
        return new PreparedArm(selection, Chosen: null, seconds);
    }

    /// <summary>Counts n-grams; before that a method that may do without looks whether there is anything to choose.</summary>
    private static ArmSelection WithRelevance(ArmSelection selection, ExperimentData data, Action<RunEvent> report)
    {
        (SelectionMethod method, ScoringSection scoring) = (selection.Arm.Method, selection.Recipe.Scoring);
        int order = (int)scoring.Of(method.NGrams!.Order);
        if (method.UniformFrom is { } parameter)
        {
            double share = MooreLewisReference.ShareLikeSample(data.Holdout!, data.Training, order), limit = scoring.Of(parameter);
            string estimate = string.Create(
                CultureInfo.InvariantCulture,
                $"{selection.Arm.Label}: about {100 * share:0} % of the training set is like the holdout, by n-grams: it trains ");
            if (share >= limit)
            {
                report(new RunEvent.Notice(
                    estimate + string.Create(CultureInfo.InvariantCulture, $"uniformly ({method.Section}.{parameter.Name} = {limit}).")));
                return selection with { DrawsUniformly = true };
            }
            selection = selection with { EstimatedShare = ShareOf(share) };
            double chosen = (double)selection.Recipe.Training.BatchSize / selection.LargeBatchSize;
            report(new RunEvent.Notice(
                estimate + string.Create(CultureInfo.InvariantCulture, $"on the most relevant {100 * chosen:0.#} % of the candidates.")));
        }
        return WithinRepeats(selection, data.Training.Count, report) with
        {
            Relevance = MooreLewisReference.Of(data.Holdout!, data.Training, order, scoring.Of(method.NGrams.PoolTokens)),
            SampleLosses = method.Uses == ReferenceUse.RelevanceAndLosses ? NGramReference.Of(data.Holdout!, order) : null,
        };
    }

    /// <summary>
    /// Half of what is like the holdout: all of it would take in what is least sure to be, and as little as possible what is most alike.
    /// </summary>
    private static double ShareOf(double likeHoldout) => Math.Clamp(likeHoldout / 2, 0.01, 1);

    /// <summary>
    /// A large batch of more than was chosen would be all of it, and n_b / n_B of that fewer than n_b: the arm would train on smaller
    /// batches than those it stands beside.
    /// </summary>
    private static ArmSelection WithWholeBatches(ArmSelection selection, int chosen) => selection with
    {
        MostCandidates = Math.Min(selection.MostCandidates, Math.Max(selection.Recipe.Training.BatchSize, chosen)),
    };

    /// <summary>
    /// Relevance does not change: in every epoch the same examples are the most relevant. An epoch offers each of them once, so that there
    /// may be no more epochs in the budget than an example may be trained on.
    /// </summary>
    private static ArmSelection WithinRepeats(ArmSelection selection, int examples, Action<RunEvent> report)
    {
        (Recipe recipe, RecipeArm arm) = (selection.Recipe, selection.Arm);
        if (arm.Method.NGrams?.Repeats is not { } parameter || recipe.Training.Length.Times(arm.Budget) is not Length.OfSteps budget)
        {
            return selection;
        }
        long repeats = recipe.Scoring.Of(parameter), stepsOfEpoch = (budget.Steps + repeats - 1) / repeats;
        int most = (int)Math.Max(recipe.Training.BatchSize, examples / stepsOfEpoch), asked = selection.LargeBatchSize;
        if (most >= asked) { return selection; }
        string limit = string.Create(CultureInfo.InvariantCulture, $"({arm.Method.Section}.{parameter.Name} = {repeats})");
        report(new RunEvent.Notice(string.Create(
            CultureInfo.InvariantCulture, $"{arm.Label} chooses from {Counted.Of(most, "candidate")} a step instead of {asked}: ")
            + (most * stepsOfEpoch <= examples
                ? $"with more it would train on some examples more than {Counted.Of(repeats, "time")} {limit}."
                : $"{Counted.Of(budget.Steps, "step")} are too many to train on none more than {Counted.Of(repeats, "time")} {limit}.")));
        return selection with { MostCandidates = most };
    }

    /// <summary>Makes the selector for a target that is about to be trained.</summary>
    public IBatchSelector CreateSelector(TrainingTarget target, ExperimentData data) =>
        Selection.Plan is null ? Selection.Create(target) : Selection.Replay(data);

    /// <summary>How its target is trained.</summary>
    /// <param name="budget">When it ends.</param>
    /// <param name="secondsSpentBefore">What of a budget in seconds is gone before the first step.</param>
    /// <param name="data">What it is trained on, and for.</param>
    public TrainerOptions TargetOptions(TrainingBudget budget, double secondsSpentBefore, ExperimentData data) => new()
    {
        Objective = data.Objective,
        BatchSize = Selection.Recipe.Training.BatchSize,
        LargeBatchSize = Selection.LargeBatchSize,
        BatchParts = Selection.Recipe.Training.Accumulate,
        Optimizer = ComputeOptions.OptimizerOf(Selection.Recipe),
        OptimizerThreads = torch.get_num_threads(),
        ClipGradientNorm = ComputeOptions.ClipNormOf(Selection.Recipe),
        Format = ComputeOptions.FormatOf(Selection.Recipe),
        Schedule = ComputeOptions.ScheduleOf(Selection.Recipe),
        Budget = budget,
        SecondsSpentBefore = secondsSpentBefore,
        Sampler = Selection.Arm.Method.Sampler is not { } create ? null : (ids, size, seed) => create(new SamplerParts(
            ids, size, seed, Selection.Recipe.Training.BatchSize, data.Holdout?.Count ?? 0, Selection.Recipe.Scoring)),
        Seed = ArmSeeds.Training(Selection.Arm.Seed),
    };

    /// <summary>Frees the part of D.</summary>
    public void Dispose() => Chosen?.Dispose();
}
