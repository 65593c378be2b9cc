using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Networks;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;

namespace RhoLoss.Experiments.Workflows;

/// <summary>
/// A comparison in a folder of its own that the same command starts, continues or, when it is complete, only reads: what sweeps and the
/// experiments of the paper are made of.
/// </summary>
/// <param name="Resolved">The recipe.</param>
/// <param name="Path">The folder, which need not exist.</param>
public sealed record ComparisonFolder(ResolvedRecipe Resolved, string Path)
{
    /// <summary>Target runs it will report on: none when it is complete.</summary>
    public long Arms => IsComplete ? 0 : Recipe.Training.Methods.Count * Recipe.Training.Seeds.Count;

    /// <summary>Whether nothing is left to run.</summary>
    public bool IsComplete => File.Exists(System.IO.Path.Combine(Path, "summary.json"));

    /// <summary>The recipe.</summary>
    public Recipe Recipe => Resolved.Recipe;

    /// <summary>What a user should know about the recipe before it runs; kept with the run.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    private bool IsStarted => File.Exists(System.IO.Path.Combine(Path, "config.toml"));

    /// <summary>Checks the recipe, and that the folder, if there is one, was started with the same.</summary>
    /// <exception cref="InvalidInputException">
    /// The recipe cannot be compared, or the folder holds a run of another; nothing was written.
    /// </exception>
    public ComparisonFolder Check()
    {
        Recipe.ValidateForComparison();
        RunPlace.Require(Recipe, Path);
        RecipeNetworks.RequireSides(Recipe, Recipe.Training.Methods);
        if (Architecture.TargetOf(Recipe).Kind.ReadsText) { RecipeSplits.RequireVocabulary(Recipe.Data); }
        if (!IsComplete && RecipeArm.NeedIrreducibleLosses(Recipe.Training.Methods)) { IrreducibleLossFile.RequireSource(Recipe); }
        if (!IsStarted) { return this; }
        // Where the files are does not decide what is trained; their content does, and continuing checks it.
        RunFolder folder = RunFolder.Open(Path);
        var started = StartedRun.In(folder);
        IReadOnlyDictionary<string, string> before =
            started?.Recipe ?? StartedRun.ValuesOf(RecipeLoader.Load(folder.ConfigPath, []).Recipe);
        _ = StartedRun.RequireSame(before, Recipe, Path);
        started?.RequireSameWeights(Recipe, Path);   // what is complete is only read, beside points that are trained now
        return this;
    }

    /// <summary>Runs what is left of the comparison.</summary>
    /// <param name="commandLine">For <c>environment.json</c>.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellation">Stops at the next step, after a checkpoint.</param>
    public (ComparisonSummary Summary, IReadOnlyList<ArmResult> Arms) Run(
        string commandLine, Action<RunEvent> report, CancellationToken cancellation)
    {
        bool started = IsStarted;
        RunFolder folder = started ? RunFolder.Open(Path) : RunFolder.CreateAt(Path);
        if (folder.IsComplete) { return (ComparisonSummary.Load(folder.SummaryPath), Comparison.FinishedArms(Recipe, folder)); }
        using IDisposable held = folder.Hold();
        try
        {
            folder.EnsureWritable();
            if (!started) { folder.WriteConfig(Resolved.ToToml(), Notes); }
            EnvironmentReport environment =
                EnvironmentReport.Capture(DateTimeOffset.UtcNow, Recipe.Machine.Threads, Recipe.Machine.Device, commandLine);
            environment.Save(folder.EnvironmentPath);
            ComparisonSummary summary = Comparison.Run(Recipe, folder, MachineSummary.From(environment), report, cancellation);
            return (summary, Comparison.FinishedArms(Recipe, folder));
        }
        catch (Exception e) when (!started && e is not OperationCanceledException)
        {
            held.Dispose();
            folder.Discard();
            throw;
        }
    }
}
