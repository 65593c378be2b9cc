using RhoLoss.Datasets;
using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Plots;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Paper;

/// <summary>What the picture of an experiment shows.</summary>
public enum ExperimentPicture
{
    /// <summary>Test accuracy over epochs or steps, one panel a part.</summary>
    Accuracy,

    /// <summary>Shares of what is selected, one panel a share that some part knows.</summary>
    Selected,
}

/// <summary>An experiment that compares the same arms on a list of recipes.</summary>
/// <param name="id">Name on the command line.</param>
/// <param name="title">The paper's name for it and its subject.</param>
/// <param name="question">What it answers, in one line.</param>
/// <param name="parts">The comparisons it consists of, at a scale.</param>
public sealed class ComparisonExperiment(
    string id, string title, string question, Func<PaperScale, IReadOnlyList<ExperimentPart>> parts)
    : PaperExperiment(id, title, question)
{
    /// <summary>The paper's claims and the rules that judge them.</summary>
    public IReadOnlyList<Claim> Claims { get; init; } = [];

    /// <summary>The paper's numbers.</summary>
    public IReadOnlyList<PaperValue> Values { get; init; } = [];

    /// <summary>What a reader has to know of this experiment alone.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What the picture shows.</summary>
    public ExperimentPicture Picture { get; init; }

    /// <summary>The comparisons it consists of.</summary>
    public IReadOnlyList<ExperimentPart> Parts(PaperScale scale) => parts(scale);

    /// <inheritdoc/>
    public override IReadOnlyList<ResolvedRecipe> Recipes(PaperScale scale) =>
        [.. Parts(scale).SelectMany(part => part.Data.Select(data => part.Resolve(data, [])))];

    /// <inheritdoc/>
    public override PreparedExperiment Prepare(ReproductionStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var plan = new List<PlannedPart>();
        var notRun = new List<NotRunPart>();
        foreach (ExperimentPart part in Parts(start.Scale))
        {
            if (part.Choose(start.DataFolder) is not { } chosen)
            {
                notRun.Add(new NotRunPart(
                    part.Title,
                    $"{string.Join(", ", part.Data.Select(d => d.Set))} is not on this machine. "
                    + $"{KnownDatasets.Find(part.Data[0].Set).HowToObtain}"));
                continue;
            }
            string[] place = chosen.Directory is null ? [] : [$"data.directory={chosen.Directory}"];
            ResolvedRecipe resolved = part.Resolve(chosen.Data, [.. place, .. start.Overrides]);
            ComparisonFolder folder = new ComparisonFolder(resolved, Path.Combine(start.Folder, part.Name)).Check();
            plan.Add(new PlannedPart(part, chosen.Data, folder));
        }
        if (plan.Count == 0)
        {
            throw new InvalidInputException(
                $"{Id} at scale {PaperScales.NameOf(start.Scale)} has none of its data on this machine: "
                + $"{string.Join(" ", notRun.Select(part => part.Reason).Distinct())} "
                + "Or give --scale quick, or the folder above them with --data.");
        }
        ReproductionPlace.Require(start.Folder, Id, plan.Select(part => part.Folder.Path));
        return new PreparedExperiment(
            plan.Sum(part => part.Folder.Arms), (report, cancellation) => Run(start, plan, notRun, report, cancellation));
    }

    private Reproduction Run(
        ReproductionStart start, List<PlannedPart> plan, List<NotRunPart> notRun, Action<RunEvent> report,
        CancellationToken cancellation)
    {
        foreach (NotRunPart part in notRun) { report(new RunEvent.Notice($"not run: {part.Title}. {part.Reason}")); }
        var results = new List<PartResult>();
        MachineSummary? machine = null;
        for (int i = 0; i < plan.Count; i++)
        {
            (ExperimentPart part, PartData data, ComparisonFolder folder) = plan[i];
            string substitute = data.Substitute ? $"; {data.Set} stands in for {part.PaperSet}" : "";
            report(new RunEvent.Stage(
                FormattableString.Invariant($"{Id}, part {i + 1} of {plan.Count}: {part.Title}{substitute}")
                + (folder.IsComplete ? "; finished earlier" : "")));
            (ComparisonSummary summary, IReadOnlyList<ArmResult> arms) = folder.Run(start.CommandLine, report, cancellation);
            machine = summary.Machine ?? machine;
            results.Add(new PartResult(part, data, folder.Recipe, summary.IrreducibleLoss, arms));
        }
        string picture = $"{Id}.png";
        PaperFigure.Save(
            Path.Combine(start.Folder, picture), $"{Title} ({PaperScales.NameOf(start.Scale)} scale)",
            Picture == ExperimentPicture.Selected ? PaperPanels.Selected(results) : PaperPanels.Accuracy(results),
            PaperPanels.Footnote(results));
        var reproduction = new Reproduction(
            Id, Title, Question, PaperScales.NameOf(start.Scale), [.. results.Select(result => result.ToReport())], notRun,
            Picture == ExperimentPicture.Selected ? [ResultTables.Selected(results), ResultTables.ToTarget(results)] : TablesOf(results),
            [.. Values.Select(value => value.Compare(results))], [.. Claims.SelectMany(claim => claim.Find(results))],
            [.. NotesOf(results), .. Notes], [picture], start.Overrides, machine!, EnvironmentReport.ToolVersion);
        reproduction.Save(Path.Combine(start.Folder, Reproduction.FileName));
        AtomicFile.WriteAllText(Path.Combine(start.Folder, ReproductionPage.FileName), ReproductionPage.ToMarkdown(reproduction));
        return reproduction;
    }

    private static IReadOnlyList<ReportTable> TablesOf(List<PartResult> results) =>
        results.Any(result => result.Recipe.Noise.Fraction > 0)
            ? [ResultTables.ToTarget(results), ResultTables.Selected(results)]
            : [ResultTables.ToTarget(results)];

    private static IEnumerable<string> NotesOf(List<PartResult> results)
    {
        double[] shares =
            [.. results.Select(r => 100.0 * r.Recipe.Training.BatchSize / r.Recipe.Training.LargeBatchSize).Distinct().Order()];
        string share = FormattableString.Invariant($"{string.Join(" or ", shares.Select(s => FormattableString.Invariant($"{s:0.#}")))} %");
        if (results.Any(r => r.Recipe.Training.CountsEpochs))
        {
            yield return $"Epochs: in an epoch every point of D is a candidate once and {share} of D is trained on, whatever the method. "
                + "Uniform draws that share at random from each large batch and scores nothing; "
                + "an epoch of a method that scores costs more time.";
        }
        if (results.Any(r => !r.Recipe.Training.CountsEpochs))
        {
            yield return "Steps: gradient steps on n_b points. A method that scores also runs its n_B candidates forward in each.";
        }
        string baseline = string.Join(" or ", results.Select(r => r.Recipe.Report.Baseline).Distinct());
        yield return results.Any(r => r.HasFixedTargets)
            ? "Targets: test accuracies near those of the paper's tables; where the set is a substitute, "
                + $"the best accuracy of {baseline} with the same seed. NR: not reached."
            : $"Target: the best test accuracy of {baseline} with the same seed, which {baseline} reaches by definition. NR: not reached.";
        yield return "Numbers are mean ± sample standard deviation over seeds. "
            + "Split, noise and irreducible losses are the same for every method and seed of a part.";
    }

    private sealed record PlannedPart(ExperimentPart Part, PartData Data, ComparisonFolder Folder);
}
