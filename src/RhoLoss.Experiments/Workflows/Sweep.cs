using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Logging;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Workflows;

/// <summary>The result of a sweep: <c>summary.json</c>.</summary>
/// <param name="Recipe">Name of the recipe.</param>
/// <param name="Over">The keys that were swept.</param>
/// <param name="Points">One entry a combination, the last key varying fastest.</param>
public sealed record SweepSummary(string Recipe, IReadOnlyList<SweptKey> Over, IReadOnlyList<SweepPoint> Points)
{
    /// <summary>The summary as indented JSON.</summary>
    public string ToJson() => RunJson.Write(this);

    /// <summary>Reads a summary.</summary>
    /// <exception cref="InvalidInputException">The file cannot be read or is not such a summary.</exception>
    public static SweepSummary Load(string path) => RunJson.Read<SweepSummary>(path);
}

/// <summary>One combination of a sweep.</summary>
/// <param name="Settings">The swept settings, <c>section.key=value</c>.</param>
/// <param name="Folder">Name of its folder, that of a comparison.</param>
/// <param name="Summary">The comparison.</param>
public sealed record SweepPoint(IReadOnlyList<string> Settings, string Folder, ComparisonSummary Summary);

/// <summary>
/// A comparison at every point of a grid of settings, one folder a point. Points whose data, noise and irreducible-loss
/// settings agree share one file of irreducible losses, because its name is made from those. The same sweep again
/// continues, and more values add points to it.
/// </summary>
public sealed class Sweep
{
    /// <summary>Name of the file of the result.</summary>
    public const string SummaryName = "summary.json";

    /// <summary>Name of the table in the folder of the sweep, without the ending.</summary>
    internal const string TableName = "sweep";

    private readonly IReadOnlyList<SweptKey> _over;
    private readonly string _root;
    private readonly List<(IReadOnlyList<string> Settings, ComparisonFolder Folder)> _points;

    private Sweep(IReadOnlyList<SweptKey> over, string root, List<(IReadOnlyList<string>, ComparisonFolder)> points) =>
        (_over, _root, _points) = (over, root, points);

    /// <summary>Target runs of the points that are not complete.</summary>
    public long Arms => _points.Sum(point => point.Folder.Arms);

    /// <summary>The points in order.</summary>
    public IReadOnlyList<Recipe> Recipes => [.. _points.Select(point => point.Folder.Recipe)];

    /// <summary>What a user should know about the recipes of the points before they run, each sentence once.</summary>
    public IReadOnlyList<string> Notes => [.. _points.SelectMany(point => point.Folder.Notes).Distinct(StringComparer.Ordinal)];

    /// <summary>Resolves every point, so that a bad key, value or combination is named before anything runs.</summary>
    /// <param name="load">Loads the recipe with settings applied.</param>
    /// <param name="over">The keys to sweep.</param>
    /// <param name="root">Folder of the sweep.</param>
    /// <exception cref="InvalidInputException">
    /// A setting breaks a rule, or a folder holds a run with other settings; nothing was written.
    /// </exception>
    public static Sweep Prepare(Func<IReadOnlyList<string>, ResolvedRecipe> load, IReadOnlyList<SweptKey> over, string root)
    {
        ArgumentNullException.ThrowIfNull(load);
        List<(IReadOnlyList<string> Settings, ComparisonFolder Folder)> points = [.. SettingsGrid.Expand(over).Select(settings =>
            (settings, FolderOf(load(settings), Path.Combine(root, SettingsGrid.FolderNameOf(settings)))))];
        RequireDifferent(over, points);
        // All are resolved before the first folder is looked at: a mistyped value is a likelier mistake than a taken folder.
        IrreducibleLossSettings.RequireOneEach(points.Select(point => point.Item2.Recipe));
        string[] metrics = [.. points.Select(point => point.Folder.Recipe.Metric.NameInPoints).Distinct(StringComparer.Ordinal)];
        if (metrics.Length > 1)
        {
            throw new InvalidInputException(
                $"--over: all points must be compared by one metric, but are by {string.Join(" and ", metrics)}. "
                + "Set report.metric, or sweep less.");
        }
        foreach ((_, ComparisonFolder folder) in points) { folder.Check(); }
        WrittenOver.Require(
            Path.Combine(root, SummaryName), "the summary of a sweep", path => SweepSummary.Load(path) is not null, "Give another --out.");
        RequireOwnTables(root);
        return new Sweep(over, root, points);
    }

    /// <summary>Tables beside a summary of a sweep are its own; alone they are somebody's.</summary>
    private static void RequireOwnTables(string root)
    {
        if (File.Exists(Path.Combine(root, SummaryName))) { return; }
        foreach (string ending in new[] { ".csv", ".md" })
        {
            WrittenOver.Require(Path.Combine(root, TableName + ending), "the table of a sweep", _ => false, "Give another --out.");
        }
    }

    /// <summary>Values that are written differently can be one: <c>0.1</c> and <c>0.10</c>.</summary>
    private static void RequireDifferent(
        IReadOnlyList<SweptKey> over, IEnumerable<(IReadOnlyList<string> Settings, ComparisonFolder Folder)> points)
    {
        var seen = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach ((IReadOnlyList<string> settings, ComparisonFolder folder) in points)
        {
            Dictionary<string, string> values = folder.Resolved.Values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
            string point = string.Join('\n', over.Select(swept => values[swept.Key]));
            if (seen.TryAdd(point, settings)) { continue; }
            throw new InvalidInputException(
                $"--over: each point may stand once, but {string.Join(", ", seen[point])} and {string.Join(", ", settings)} are the same. "
                + "Remove one of the values.");
        }
    }

    private static ComparisonFolder FolderOf(ResolvedRecipe resolved, string path) =>
        new(resolved, path) { Notes = RecipeNotes.Of(resolved) };

    /// <summary>The result as a table: one row a point and method.</summary>
    public static ReportTable TableOf(SweepSummary summary, IReadOnlyList<Recipe> recipes)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return ArmTable.Of(
            summary.Recipe, [.. summary.Over.Select(swept => swept.Key)],
            [
                .. summary.Points.Select(point => ((IReadOnlyList<string>)
                    [.. point.Settings.Select(setting => setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..])], point.Summary)),
            ],
            recipes);
    }

    /// <summary>Runs what is left and writes the table and <c>summary.json</c>.</summary>
    /// <param name="commandLine">For the environment of each point.</param>
    /// <param name="report">Told of progress.</param>
    /// <param name="cancellation">Stops at the next step, after a checkpoint.</param>
    public SweepSummary Run(string commandLine, Action<RunEvent> report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(report);
        var finished = new List<SweepPoint>();
        foreach ((IReadOnlyList<string> settings, ComparisonFolder folder) in _points)
        {
            report(new RunEvent.Stage(
                FormattableString.Invariant($"point {finished.Count + 1} of {_points.Count}: {string.Join(", ", settings)}")
                + (folder.IsComplete ? "; finished earlier" : "")));
            finished.Add(new SweepPoint(settings, Path.GetFileName(folder.Path), folder.Run(commandLine, report, cancellation).Summary));
        }
        var summary = new SweepSummary(_points[0].Folder.Recipe.Name, _over, finished);
        ArmTable.Save(TableOf(summary, Recipes), Path.Combine(_root, TableName));
        AtomicFile.WriteAllText(Path.Combine(_root, SummaryName), summary.ToJson() + "\n");
        return summary;
    }
}
