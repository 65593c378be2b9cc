using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Training;

namespace RhoLoss.Experiments.Workflows;

/// <summary>One target run with one method: what <c>rho train</c> does.</summary>
public static class SingleRun
{
    /// <summary>Trains, or continues training, and writes <c>summary.json</c> with the one arm. A finished run is only read.</summary>
    /// <param name="recipe">The recipe, already stored in the folder; its <c>training.method</c> and first seed are trained.</param>
    /// <param name="folder">The run folder.</param>
    /// <param name="machine">For the summary.</param>
    /// <param name="resume">Continue from the newest whole checkpoint; without one it starts again.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellation">Stops at the next step, after a checkpoint.</param>
    public static ComparisonSummary Run(
        Recipe recipe, RunFolder folder, MachineSummary machine, bool resume, Action<RunEvent> report,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        if (Directory.Exists(folder.ArmsPath) || Directory.EnumerateDirectories(folder.CheckpointsPath).Any())
        {
            throw new InvalidInputException(
                $"{folder.Location} holds a comparison, not a training run. Continue it with `rho compare --resume {folder.Location}`.");
        }
        if (RunSession.Finished(recipe, folder, report) is { } finished) { return finished; }
        using IDisposable held = folder.Hold();
        using RunSession session = RunSession.Open(recipe, [recipe.Training.Method], folder, report, cancellation);
        if (resume && new CheckpointStore(folder.CheckpointsPath).Newest().Count == 0)
        {
            report(new RunEvent.Notice($"{folder.Location} has no checkpoint yet: training starts from the beginning."));
            session.CutLogs();
        }
        RecipeArm arm = RecipeArm.Parse(recipe.Training.Method, recipe.Training.Seeds[0]);
        ArmResult result = session.RunArm(arm, folder.CheckpointsPath, resume, cancellation);
        report(new RunEvent.Finished(arm.Label, result.Points) { Metric = recipe.Metric });
        var summary = new ComparisonSummary(
            recipe.Name, recipe.Data.Set, recipe.Target is { } target ? TargetSummary.Of(recipe.Metric, target) : null,
            session.IrreducibleLoss, [result.ToSummary(recipe.Metric, recipe.Target, recipe.Training.CountsEpochs)], Speedup: null,
            machine with { Threads = session.Threads }, [arm.Seed], Metric: MetricSummary.Of(recipe.Metric),
            References: session.References);
        summary.Save(folder.SummaryPath);
        return summary;
    }
}
