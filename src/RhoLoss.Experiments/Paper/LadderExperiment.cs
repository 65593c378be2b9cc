using RhoLoss.Datasets;
using RhoLoss.Experiments.Approximations;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Plots;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.Reports;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Serialization;

namespace RhoLoss.Experiments.Paper;

/// <summary>
/// Table 1: the approximation ladder, seed by seed. A finished seed is kept in <c>seed-N.json</c>; the
/// same start again continues with the next.
/// </summary>
/// <param name="id">Name on the command line.</param>
/// <param name="title">The paper's name for it and its subject.</param>
/// <param name="question">What it answers, in one line.</param>
/// <param name="part">The data, at a scale, and the seeds.</param>
/// <param name="options">Sizes and lengths at a scale; the seed is the recipe's.</param>
public sealed class LadderExperiment(
    string id, string title, string question, Func<PaperScale, ExperimentPart> part, Func<PaperScale, LadderOptions> options)
    : PaperExperiment(id, title, question)
{
    private static readonly Dictionary<string, (string What, string Paper)> Paper = new(StringComparer.Ordinal)
    {
        ["1a"] = ("1a: one network instead of an ensemble of five", "0.75"),
        ["1b"] = ("1b: one gradient step instead of convergence", "0.76"),
        ["2"] = ("2: IL model not updated", "0.63"),
        ["3"] = ("3: small IL model", "0.51"),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ResolvedRecipe> Recipes(PaperScale scale) =>
        [.. part(scale).Data.Select(data => part(scale).Resolve(data, []))];

    /// <inheritdoc/>
    public override PreparedExperiment Prepare(ReproductionStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        ExperimentPart declared = part(start.Scale);
        (PartData data, string? directory) = declared.Choose(start.DataFolder)
            ?? throw new InvalidInputException(
                $"{Id} has none of its data on this machine: {KnownDatasets.Find(declared.Data[0].Set).HowToObtain} "
                + "Or give the folder above them with --data.");
        string[] place = directory is null ? [] : [$"data.directory={directory}"];
        ResolvedRecipe resolved = declared.Resolve(data, [.. place, .. start.Overrides]);
        ComparisonFolder folder = new ComparisonFolder(resolved, Path.Combine(start.Folder, declared.Name)).Check();
        ReproductionPlace.Require(start.Folder, Id, [folder.Path]);
        return new PreparedExperiment(0, (report, cancellation) => Run(start, declared, data, folder, report, cancellation));
    }

    private Reproduction Run(
        ReproductionStart start, ExperimentPart declared, PartData data, ComparisonFolder folder, Action<RunEvent> report,
        CancellationToken cancellation)
    {
        Recipe recipe = folder.Recipe;
        RunSession.Configure(recipe);
        LadderOptions sizes = options(start.Scale);
        EnvironmentReport environment = EnvironmentReport.Capture(
            DateTimeOffset.UtcNow, global::TorchSharp.torch.get_num_threads(), recipe.Machine.Device, start.CommandLine);
        Directory.CreateDirectory(folder.Path);
        using IDisposable held = new RunLock(Path.Combine(folder.Path, RunFolder.LockName)).Take();
        AtomicFile.WriteAllText(Path.Combine(folder.Path, "config.toml"), folder.Resolved.ToToml());
        environment.Save(Path.Combine(folder.Path, "environment.json"));
        List<LadderResult> results = [];
        ExperimentData? loaded = null;
        try
        {
            foreach (long seed in recipe.Training.Seeds)
            {
                string file = Path.Combine(folder.Path, FormattableString.Invariant($"seed-{seed}.json"));
                if (File.Exists(file))
                {
                    results.Add(RunJson.Read<LadderResult>(file));
                    continue;
                }
                if (loaded is null)
                {
                    loaded = ExperimentData.Load(recipe);
                    report(RunSession.Describe(loaded));
                }
                report(new RunEvent.Stage(FormattableString.Invariant(
                    $"{Id}, seed {seed}: training irreducible-loss models, then the first epoch in time steps")));
                LadderResult result = ApproximationLadder.Run(loaded, sizes with { Seed = seed }, (step, steps) =>
                {
                    if (step != steps && step % 5 != 0) { return; }
                    report(new RunEvent.Stage(FormattableString.Invariant($"{Id}, seed {seed}: time step {step} of {steps}")));
                }, cancellation);
                RunJson.Save(result, file);
                results.Add(result);
            }
        }
        finally
        {
            loaded?.Dispose();
        }
        string picture = $"{Id}.png", partTitle = data.Substitute ? $"{declared.Title} (on {data.Set})" : declared.Title;
        PaperFigure.Save(
            Path.Combine(start.Folder, picture), $"{Title} ({PaperScales.NameOf(start.Scale)} scale)", [Panel(partTitle, results)],
            [
                results.Count == 1 ? "One seed." : FormattableString.Invariant($"Mean and range of {results.Count} seeds."),
                .. data.Substitute ? [$"{data.Set} stands in for {declared.PaperSet}."] : Array.Empty<string>()
            ]);
        var reproduction = new Reproduction(
            Id, Title, Question, PaperScales.NameOf(start.Scale),
            [
                new PartReport(
                    declared.Name, declared.Title, declared.PaperSet, data.Set, data.Substitute, $"paper/{data.Recipe}",
                    sizes.Model.Title, $"{sizes.Model.Title}, small: {sizes.SmallModel.Title}", null,
                    recipe.Training.Seeds,
                    FormattableString.Invariant($"{Counted.Of(results[0].Rungs[0].CorrelationByStep.Count, "time step")} of the ")
                    + "first epoch",
                    FormattableString.Invariant($"{sizes.Share * sizes.LargeBatchSize:0} of {sizes.LargeBatchSize} candidates a step"),
                    "steps", [])
            ],
            [], [TableOf(results)],
            [
                .. ApproximationLadder.Names.Select(name => new PaperComparison(
                    Paper[name].What, Paper[name].Paper,
                    Spread.Number(ByName(results, name)) + (data.Substitute ? $", on {data.Set}" : ""),
                    "Section 4.1, Table 1"))
            ],
            [.. Claims(results, partTitle)], [.. NotesOf(sizes)], [picture], start.Overrides,
            MachineSummary.From(environment), EnvironmentReport.ToolVersion);
        reproduction.Save(Path.Combine(start.Folder, Reproduction.FileName));
        AtomicFile.WriteAllText(Path.Combine(start.Folder, ReproductionPage.FileName), ReproductionPage.ToMarkdown(reproduction));
        return reproduction;
    }

    private static IEnumerable<double> ByName(IEnumerable<LadderResult> results, string name) =>
        results.Select(r => r.Rungs.Single(rung => rung.Name == name).Correlation);

    private static ReportTable TableOf(List<LadderResult> results) => new(
        "Spearman's rank correlation of the scores of each large batch with Approximation 0's, "
        + "mean over the time steps; mean ± sample standard deviation over seeds",
        [
            ["approximation", .. results.Select(r => FormattableString.Invariant($"seed {r.Seed}")), "mean"],
            .. ApproximationLadder.Names.Select(name => (IReadOnlyList<string>)
            [
                Paper[name].What,
                .. ByName(results, name).Select(c => c.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)),
                Spread.Number(ByName(results, name))
            ])
        ]);

    private static IEnumerable<ClaimFinding> Claims(List<LadderResult> results, string partTitle)
    {
        string Numbers(params string[] names) => string.Join(", ", names.Select(name => $"{name} {Spread.Number(ByName(results, name))}"));
        ClaimFinding Judge(string statement, string rule, Func<LadderResult, bool> says, string numbers) => new(statement, rule, partTitle,
            !results.All(says) ? Verdicts.DoesNotHold : results.Count < 2 ? Verdicts.CannotBeTold : Verdicts.Holds,
            FormattableString.Invariant($"{results.Count(says)} of {Counted.Of(results.Count, "seed")}: {numbers}"));
        double Of(LadderResult result, string name) => result.Rungs.Single(rung => rung.Name == name).Correlation;
        yield return Judge(
            "Every approximation selects points similar to those of Approximation 0",
            "every correlation is above 0.2 with every seed",
            r => ApproximationLadder.Names.All(name => Of(r, name) > 0.2), Numbers("1a", "1b", "2", "3"));
        yield return Judge(
            "Replacing the ensemble and convergence (1a, 1b) costs less than not updating the IL model (2)",
            "1a and 1b are above 2 with every seed",
            r => Math.Min(Of(r, "1a"), Of(r, "1b")) > Of(r, "2"), Numbers("1a", "1b", "2"));
        yield return Judge(
            "A small IL model (3) costs more agreement than not updating it (2)", "2 is above 3 with every seed",
            r => Of(r, "2") > Of(r, "3"), Numbers("2", "3"));
    }

    private static IEnumerable<string> NotesOf(LadderOptions sizes)
    {
        yield return FormattableString.Invariant($"Approximation 0: ensembles of {sizes.EnsembleSize} for target and IL model, ")
            + "trained after each acquisition until an epoch lowers the loss by less than "
            + FormattableString.Invariant($"{100 * sizes.ConvergenceTolerance:0.#} %, for ")
            + FormattableString.Invariant($"{Counted.Of(sizes.ConvergenceEpochs, "epoch")} at most; ")
            + "the target on D_t, the IL model on D_ho ∪ D_t, both going on from where they are.";
        yield return "Approximations 1b, 2 and 3 take "
            + FormattableString.Invariant($"{Counted.Of(sizes.StepsPerTimeStep, "gradient step")}, ")
            + "each on a small batch of its own large batch, where Approximation 0 takes one time "
            + "step: the paper's five-fold data.";
        yield return FormattableString.Invariant(
            $"The IL model of 1b takes its single steps with {sizes.IrreducibleLossStepFactor} of the target's learning rate, ")
            + "as that of the original selection function (App. D).";
        yield return "Scores are those of all points of a large batch, before it is trained on. "
            + "Each approximation trains on what it selects itself, so models drift apart, which lowers all correlations.";
    }

    private static FigurePanel Panel(string partTitle, List<LadderResult> results) => new(
        partTitle, "time step", "Spearman's rank correlation with Approximation 0",
        [.. ApproximationLadder.Names.Select(name => Paper[name].What)],
        (plot, colors) =>
        {
            foreach (string name in ApproximationLadder.Names)
            {
                double[][] series = [.. results.Select(r => r.Rungs.Single(rung => rung.Name == name).CorrelationByStep.ToArray())];
                double[] steps = [.. Enumerable.Range(1, series[0].Length).Select(step => (double)step)];
                double[][] columns = [.. steps.Select((_, i) => series.Select(s => s[i]).ToArray())];
                ScottPlot.Color color = colors(Paper[name].What);
                if (results.Count > 1)
                {
                    ScottPlot.Plottables.FillY band =
                        plot.Add.FillY(steps, [.. columns.Select(c => c.Min())], [.. columns.Select(c => c.Max())]);
                    band.FillColor = color.WithAlpha(.13);
                    band.LineWidth = 0;
                    band.MarkerSize = 0;
                }
                ScottPlot.Plottables.Scatter line = plot.Add.Scatter(steps, columns.Select(c => c.Average()).ToArray());
                line.Color = color;
                line.LineWidth = 2.2f;
                line.MarkerSize = 4;
            }
            double lowest = results.SelectMany(r => r.Rungs).SelectMany(rung => rung.CorrelationByStep).Min();
            plot.Axes.SetLimits(0.5, results[0].Rungs[0].CorrelationByStep.Count + 0.5, Math.Min(0, lowest) - 0.02, 1.02);
        });
}
