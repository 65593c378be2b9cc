using RhoLoss.Experiments.Arms;
using RhoLoss.Experiments.Data;
using RhoLoss.Experiments.Logging;
using RhoLoss.Experiments.Recipes;
using RhoLoss.Experiments.References;
using RhoLoss.Experiments.Registry;
using RhoLoss.Experiments.Store;
using RhoLoss.Experiments.Workflows;
using RhoLoss.Logging;
using RhoLoss.Tests.Support;

namespace RhoLoss.Experiments.Tests.Running;

public sealed class SingleRunTests : IDisposable
{
    private static readonly MachineSummary Machine = new("a processor", Cores: 2, MemoryBytes: 1L << 30, Threads: 1, "cpu");

    private readonly TinyExperiment _tiny = new();
    private readonly List<RunEvent> _events = [];

    [Fact]
    public void The_recipes_method_and_first_seed_are_trained()
    {
        using var check = new NoTensorLeaks();
        RunFolder folder = RunFolder.CreateAt(_tiny.File("run"));

        ComparisonSummary summary = Run(folder, resume: false, "training.method=gradient-norm", "training.seeds=[5, 6]");

        ArmSummary arm = summary.Arms.ShouldHaveSingleItem();
        (arm.Method, arm.Seed, arm.Steps).ShouldBe(("gradient-norm", 5, 3 * TinyExperiment.StepsPerEpoch));
        summary.Speedup.ShouldBeNull();
        summary.Target.ShouldBeNull();
        ComparisonSummary.Load(folder.SummaryPath).ToJson().ShouldBe(summary.ToJson());
    }

    [Fact]
    public void A_run_has_the_same_names_files_and_sentences_in_every_culture()
    {
        using var check = new NoTensorLeaks();
        string[] settings =
        [
            "data.holdout-fraction=0.4", "data.long-tail=1.5", "data.relevance-classes=8", "data.relevance-share=0.9",
            "noise.fraction=0.25", "irreducible-loss.temperature=1.5",
            $"irreducible-loss.file={_tiny.File("losses.safetensors")}",
        ];
        RunFolder here = RunFolder.CreateAt(_tiny.File("here")), there = RunFolder.CreateAt(_tiny.File("there"));
        string expected = WithoutTimings.Of(Run(here, resume: false, settings).ToJson());
        string[] said = Said();
        string[] names = Names();
        foreach (string file in Directory.GetFiles(_tiny.File(""), "losses*")) { File.Delete(file); }
        _events.Clear();

        using var culture = new CommaCulture();
        string actual = WithoutTimings.Of(Run(there, resume: false, settings).ToJson());

        actual.ShouldBe(expected);
        Said().ShouldBe(said);
        Names().ShouldBe(names);
        WithoutTimings.Metrics(there.MetricsPath).ShouldBe(WithoutTimings.Metrics(here.MetricsPath));
        WithoutTimings.Table(there.TablePath).ShouldBe(WithoutTimings.Table(here.TablePath));
        File.ReadAllText(there.StartedPath).ShouldBe(File.ReadAllText(here.StartedPath));

        string[] Said() => [.. _events.OfType<PreparationEvent.DataReady>().Select(e => e.Source)];

        string[] Names()
        {
            Recipe recipe = _tiny.Recipe([.. settings, "irreducible-loss.file="]);
            using ExperimentData data = ExperimentData.Load(recipe);
            string plan = SelectionPlanFile.PathFor(recipe, RecipeArm.Parse("rho-loss@0.5"), data, irreducibleLosses: null);
            return [IrreducibleLossFile.PathFor(recipe, data), plan, data.Test.Fingerprint.Value];
        }
    }

    [Fact]
    public void Resuming_before_the_first_checkpoint_starts_again_and_says_so()
    {
        RunFolder whole = RunFolder.CreateAt(_tiny.File("whole")), killed = RunFolder.CreateAt(_tiny.File("killed"));
        string expected = WithoutTimings.Of(Run(whole, resume: false).ToJson());
        Should.Throw<TimeoutException>(() => Run(killed, resume: false, dieIn: 4));
        // A process that dies while it writes a checkpoint leaves a temporary file of this form.
        File.WriteAllText(Path.Combine(killed.CheckpointsPath, ".step-000000006.safetensors.0123456789abcdef0123456789abcdef.tmp"), "half");
        _events.Clear();

        ComparisonSummary summary = Run(killed, resume: true);

        _events.OfType<RunEvent.Notice>().ShouldHaveSingleItem().Text
            .ShouldBe($"{killed.Location} has no checkpoint yet: training starts from the beginning.");
        WithoutTimings.Metrics(killed.MetricsPath).ShouldBe(WithoutTimings.Metrics(whole.MetricsPath));
        WithoutTimings.Of((summary with { IrreducibleLoss = summary.IrreducibleLoss! with { Reused = true } }).ToJson())
            .ShouldBe(expected.Replace("\"reused\":false", "\"reused\":true", StringComparison.Ordinal));
    }

    [Fact]
    public void A_finished_run_resumes_to_the_same_summary_without_training()
    {
        RunFolder folder = RunFolder.CreateAt(_tiny.File("run"));
        Run(folder, resume: false, "training.method=uniform");
        string before = File.ReadAllText(folder.SummaryPath);
        _events.Clear();

        Run(folder, resume: true, "training.method=uniform");

        _events.OfType<RunEvent.Progressed>().ShouldBeEmpty();
        File.ReadAllText(folder.SummaryPath).ShouldBe(before);
    }

    // Either would start from the beginning in the other's folder and cut its metrics to nothing.
    [Fact]
    public void A_comparison_is_not_continued_as_a_training_run_nor_the_other_way_round()
    {
        ComparedRun comparison = new ComparedRun(_tiny, "comparison").StopAfter("uniform", 8);
        RunFolder run = RunFolder.CreateAt(_tiny.File("run"));
        Run(run, resume: false);
        string[] before = [.. new[] { comparison.Folder, run }.Select(f => File.ReadAllText(f.MetricsPath))];

        Should.Throw<InvalidInputException>(() => Run(comparison.Folder, resume: true)).Message
            .ShouldBe($"{comparison.Folder.Location} holds a comparison, not a training run. "
                + $"Continue it with `rho compare --resume {comparison.Folder.Location}`.");
        Should.Throw<InvalidInputException>(
            () => Comparison.Run(_tiny.Recipe(), run, Machine, _ => { }, TestContext.Current.CancellationToken)).Message
            .ShouldBe($"{run.Location} holds a training run, not a comparison. Continue it with `rho train --resume {run.Location}`.");

        new[] { comparison.Folder, run }.Select(f => File.ReadAllText(f.MetricsPath)).ShouldBe(before);
    }

    public void Dispose() => _tiny.Dispose();

    private ComparisonSummary Run(RunFolder folder, bool resume, params string[] overrides) => Run(folder, resume, dieIn: null, overrides);

    private ComparisonSummary Run(RunFolder folder, bool resume, int? dieIn, params string[] overrides)
    {
        Recipe recipe = _tiny.Recipe([.. overrides, "report.log-every-steps=1"]);
        return SingleRun.Run(recipe, folder, Machine, resume, e =>
        {
            _events.Add(e);
            if (e is RunEvent.Progressed s && s.Step == dieIn) { throw new TimeoutException(); }
        }, TestContext.Current.CancellationToken);
    }
}
