using System.Globalization;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Plots;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Serialization;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Workflows;

/// <summary>
/// Trains every method with every seed on the same data, noise and irreducible losses, one arm after the other, seed by seed.
/// A finished arm is kept in <c>arms/</c>; an interrupted comparison continues with the arm it was in.
/// </summary>
public static class Comparison
{
    /// <summary>
    /// Runs what is left of a comparison and writes the plot, the tables and <c>summary.json</c>. A finished comparison is only read.
    /// </summary>
    /// <param name="recipe">The recipe, already stored in the folder.</param>
    /// <param name="folder">The run folder.</param>
    /// <param name="machine">For the summary and the plot's footnote.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellation">Stops at the next step, after a checkpoint.</param>
    public static ComparisonSummary Run(
        Recipe recipe, RunFolder folder, MachineSummary machine, Action<RunEvent> report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        recipe.ValidateForComparison();
        if (new CheckpointStore(folder.CheckpointsPath).Newest().Count > 0)
        {
            throw new InvalidInputException(
                $"{folder.Location} holds a training run, not a comparison. Continue it with `rho train --resume {folder.Location}`.");
        }
        if (RunSession.Finished(recipe, folder, report) is { } done) { return done; }
        using IDisposable held = folder.Hold();
        using RunSession session = RunSession.Open(recipe, recipe.Training.Methods, folder, report, cancellation);
        var finished = new List<ArmResult>();
        IReadOnlyDictionary<string, long>? logged = null;   // where the logs ended after the arm before
        foreach (long seed in recipe.Training.Seeds)
        {
            foreach (string method in recipe.Training.Methods)
            {
                RecipeArm arm = RecipeArm.Parse(method, seed);
                string path = Path.Combine(folder.ArmsPath, arm.Label.Title + ".json");
                bool reused = File.Exists(path);
                FinishedArm result = reused ? Load(path, recipe.Metric) : RunArm(session, arm, folder, path, logged, cancellation);
                // A comparison answers with numbers, not with models: fifteen arms would otherwise leave fifteen optimizers on disk.
                string checkpoints = Path.Combine(folder.CheckpointsPath, arm.Label.Title);
                if (Directory.Exists(checkpoints)) { Directory.Delete(checkpoints, recursive: true); }
                finished.Add(result.Arm);
                logged = result.Logged ?? throw Earlier(path);
                report(new RunEvent.Finished(arm.Label, result.Arm.Points, reused) { Metric = recipe.Metric });
            }
        }
        ComparisonSummary summary = Summarize(recipe, finished, session, machine with { Threads = session.Threads });
        Plot(summary, recipe, folder.Path(RunFolder.PlotOf(recipe.Metric)));
        ArmTable.Save(ArmTable.Of(summary, recipe), folder.TablesPath);
        summary.Save(folder.SummaryPath);
        return summary;
    }

    /// <summary>The arms of a comparison that are complete, in the order of the recipe.</summary>
    /// <exception cref="InvalidInputException">A file is damaged.</exception>
    internal static IReadOnlyList<ArmResult> FinishedArms(Recipe recipe, RunFolder folder) =>
    [
        .. recipe.Training.Seeds.SelectMany(seed => recipe.Training.Methods.Select(method => RecipeArm.Parse(method, seed)))
            .Select(arm => Path.Combine(folder.ArmsPath, arm.Label.Title + ".json"))
            .Where(File.Exists).Select(path => Load(path, recipe.Metric).Arm),
    ];

    private static FinishedArm RunArm(
        RunSession session, RecipeArm arm, RunFolder folder, string path, IReadOnlyDictionary<string, long>? logged,
        CancellationToken cancellation)
    {
        string checkpoints = Path.Combine(folder.CheckpointsPath, arm.Label.Title);
        bool interrupted = new CheckpointStore(checkpoints).Newest().Count > 0;
        if (!interrupted) { session.CutLogs(logged); }
        var finished = new FinishedArm(
            session.RunArm(arm, checkpoints, resume: interrupted, cancellation), session.LogPositions);
        AtomicFile.WriteAllText(path, ArmState.Write(finished));
        return finished;
    }

    private static FinishedArm Load(string path, Metric metric)
    {
        const string Fix = "Delete it to train this arm again.";
        SpecialFile.Refuse(path);
        FinishedArm finished = ArmState.Read<FinishedArm>(EarlierArm.Translate(File.ReadAllText(path)), path, Fix);
        return ArmState.Checked(finished.Arm.Points, metric, path, Fix).Count > 0 ? finished
            : throw new InvalidInputException($"{path} is damaged: it has no points. {Fix}");
    }

    private static InvalidInputException Earlier(string path) => new(
        $"{path} was written by an earlier version, so it does not say where the logs ended after it. Delete it to train this arm again, "
        + "or start a new run.");

    private static ComparisonSummary Summarize(
        Recipe recipe, List<ArmResult> arms, RunSession session, MachineSummary machine)
    {
        string baseline = recipe.Report.Baseline;
        double lossSeconds = session.IrreducibleLoss?.Seconds ?? 0;
        IReadOnlyDictionary<long, double> targets = SpeedupCalculator.Targets(
            arms.Where(a => a.Method == baseline).ToDictionary(a => a.Seed, a => a.ByEpoch(recipe.Metric)), recipe.Metric, recipe.Target);
        ArmSummary[] summaries = [.. arms.Select(a => a.ToSummary(recipe.Metric, targets[a.Seed], recipe.Training.CountsEpochs))];
        SpeedupSummary[] speedups = [.. recipe.Training.Methods.Where(m => m != baseline)
            .Select(m => SpeedupCalculator.Compare(summaries, baseline, m, lossSeconds))];
        return new ComparisonSummary(
            recipe.Name, recipe.Data.Set, TargetSummary.Of(recipe.Metric, targets.Values.Average()), session.IrreducibleLoss, summaries,
            speedups.FirstOrDefault(s => s.Method == MethodTable.RhoLoss) ?? speedups.FirstOrDefault(),
            machine, [.. recipe.Training.Seeds], speedups, MetricSummary.Of(recipe.Metric), session.References,
            recipe.Headline.Arm.Length == 0 ? null
                : HeadlineCalculator.Compare(summaries, recipe.Metric, recipe.Headline.Baseline, recipe.Headline.Arm, lossSeconds));
    }

    private static void Plot(ComparisonSummary summary, Recipe recipe, string path)
    {
        MetricSeries[] series = [.. recipe.Training.Methods.Select(m => new MetricSeries(
            m,
            [.. summary.Arms.Where(a => a.Method == m).Select(a => a.MetricByEpoch)],
            recipe.Training.Length switch
            {
                Length.OfSeconds => MeanPlace(summary, m, a => a.SecondsByEpoch!.Select(s => s + a.SecondsSpentBefore)),
                Length.OfSteps => MeanPlace(summary, m, a => a.StepsByEpoch!.Select(s => (double)s)),
                _ => null,
            }))];
        string noise = recipe.Noise.Fraction > 0
            ? string.Create(CultureInfo.InvariantCulture, $", {100 * recipe.Noise.Fraction:0.#} % of labels corrupted")
            : "";
        double share = 100.0 * recipe.Training.BatchSize / recipe.Training.LargeBatchSize;
        string data = recipe.Name == recipe.Data.Set ? "" : $": {recipe.Data.Set}";
        MetricPlot.Save(path, $"{recipe.Name}{data}{noise}", recipe.Metric, series,
            recipe.Training.Length switch
            {
                Length.OfSeconds =>
                    recipe.IrreducibleLoss.Charge ? "seconds of training, irreducible-loss model included" : "seconds of training",
                Length.OfSteps => "gradient steps",
                _ => string.Create(
                    CultureInfo.InvariantCulture, $"epoch (every point is a candidate once, {share:0.#} % are trained on)"),
            },
            recipe.Training.Seeds.Count == 1
                ? "one seed"
                : string.Create(CultureInfo.InvariantCulture, $"mean and range of {recipe.Training.Seeds.Count} seeds"));
    }

    private static double[] MeanPlace(ComparisonSummary summary, string method, Func<ArmSummary, IEnumerable<double>> places)
    {
        double[][] seeds = [.. summary.Arms.Where(a => a.Method == method).Select(a => places(a).ToArray())];
        return [.. Enumerable.Range(0, seeds.Min(s => s.Length)).Select(i => seeds.Average(s => s[i]))];
    }

    /// <summary>What is kept of an arm that is done.</summary>
    /// <param name="Arm">Its points.</param>
    /// <param name="Logged">Where the logs ended after it; null where an earlier version wrote it.</param>
    private sealed record FinishedArm(ArmResult Arm, IReadOnlyDictionary<string, long>? Logged = null);
}
